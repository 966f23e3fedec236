"""The page in a bundle that tells people how to check it, in plain language (zh-TW)."""

import hashlib
from collections.abc import Iterable, Mapping

from domain.catalogue import stored_events
from domain.labels import SECTIONS
from replay.evidence import Sealed

#: What is said of a ledger whose clock is simulated, empty for a real one.
_SIMULATED = "這個紀錄簿使用模擬時鐘，僅供示範或測試，不能作為證據。"

_TEXT = """怎麼查驗這份證據檔
==================

這份檔案自己就能證明：裡面的紀錄出自紀錄簿、沒有被改過，而且所列的項目一筆也沒有少。
查驗時不必連線，也不必信任提供檔案的人。
{simulated}
一、檔案裡有什麼
  ‧ timeline.pdf：歷程，供閱讀與列印。每一件都註明它是紀錄簿的第幾筆。
  ‧ events.jsonl：這些紀錄在紀錄簿中的原貌，與開啟內容的金鑰。
  ‧ 其他檔案是證明、簽章與查驗程式；manifest.json 列出全部檔案與沒有列入的內容。

二、查驗
  1. 準備一部您信任的電腦，安裝 Python 3.11 以上與 cryptography 套件：
         python -m pip install cryptography
     安裝需要網路；之後的查驗都不需要。Windows 請以 py 代替 python。
  2. 把 verify_evidence.py 從本檔取出，與證據檔放在同一個資料夾，執行：
         python verify_evidence.py 證據檔.zip --key 公布的金鑰檔
     公布的金鑰檔是一個文字檔，內容為主管機關公布的金鑰，一行一把。
     不放心本檔附的程式時，可改用主管機關公布的同名程式，或依公開的格式說明自行撰寫。
  3. 看結果：第一行是「查核通過」，才算通過；否則會說明哪裡不符。「注意」各行也請讀完。
  4. 沒有 --key 也能執行，但只能說「與這把金鑰一致」。請務必與主管機關公布的金鑰比對。
  5. 您或其他機關若留有先前的檢查點，請加上 --checkpoint 檔案；有見證機關時，
     請加上 --witness 金鑰。連持有簽章金鑰的人改寫過去的紀錄，也能由此發現。

三、金鑰
  紀錄簿：{origin}
  金鑰　：{key}
  指紋　：{fingerprint}（金鑰文字的 SHA-256）

四、這份檔案證明什麼
  ‧ 每一筆都在紀錄簿第 {size} 筆以前的位置上，內容與記錄時間都沒有變更。
  ‧ 下列項目，在第 {covers} 筆以前關於這位學生的每一筆都在這裡；0 筆的，證明確實沒有。
{declared}
  ‧ 附有金鑰的內容可以解開，並與歷程所示相同。

五、這份檔案不證明什麼
  ‧ 紀錄的內容是否屬實。它只證明誰在什麼時候記下了什麼。
  ‧ 沒有列入的項目裡有沒有紀錄：
{left_out}
  ‧ 人員的姓名、欄位的名稱、「當時可見」與期限如何計算等說明，以及 timeline.pdf 與 reports/
    中的文字，都是紀錄簿的保管者所寫，簽章只保證交付後沒有變更。有疑義時以 events.jsonl 為準。
  ‧ 爭議案件與釋出的紀錄：每一筆都證明在紀錄簿中，但不證明沒有別的爭議案件或別的釋出。
  ‧ 在這個時點以後的事。

六、請注意
  ‧ 本檔含有個人資料，請妥善保管。
  ‧ 日後依法刪除這位學生的資料時，已經交付的檔案無法收回。
"""


def how_to_check(sealed: Sealed, counts: Mapping[str, int], left_out: Iterable[str]) -> str:
    """The text for a bundle that stands on this checkpoint: `counts` says of every declared noun
    how many events it has, `left_out` what is not in it."""
    simulated = simulated_note(sealed)
    return _TEXT.format(
        simulated=f"\n注意：{simulated}\n" if simulated else "",
        origin=sealed.origin,
        key=sealed.key,
        fingerprint=fingerprint(sealed),
        size=sealed.size,
        covers=sealed.covers,
        declared="\n".join(f"      {one}" for one in declared(counts)),
        left_out="\n".join(f"      {one}" for one in left_out),
    )


def simulated_note(sealed: Sealed) -> str:
    """What is to be said of a simulated clock (design D13), empty text of a real one."""
    return _SIMULATED if sealed.origin.startswith("igp-ledger-simulated/") else ""


def fingerprint(sealed: Sealed) -> str:
    """SHA-256 of the verifier key's text, in groups that people can compare."""
    whole = hashlib.sha256(sealed.key.encode()).hexdigest()
    return " ".join(whole[at : at + 8] for at in range(0, len(whole), 8))


def declared(counts: Mapping[str, int]) -> list[str]:
    """The declared sections by name, with the noun that the verifier says, and their events."""
    names = {
        event.TOPIC.split(".", 1)[0]: SECTIONS[event.SECTION]
        for event in stored_events()
        if event.SECTION is not None
    }
    return [f"{names[noun]}（{noun}）：{counts[noun]} 筆" for noun in sorted(counts)]
