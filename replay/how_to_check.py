"""The page in a bundle that tells people how to check it, in plain language (zh-TW)."""

import hashlib

from replay.evidence import Sealed

_TEXT = """怎麼查驗這份證據檔
==================

這份檔案自己就能證明：裡面的紀錄出自紀錄簿、沒有被改過，而且所列的項目一筆也沒有少。
查驗時不必連線，也不必信任提供檔案的人。

一、查驗
  1. 準備 Python 3.11 以上，並安裝 cryptography 套件。
  2. 把 verify_evidence.py 從本檔取出，執行：
         python verify_evidence.py 證據檔.zip --key 公布的金鑰檔
     不放心本檔附的程式時，可改用主管機關公布的同名程式，或依公開的格式說明自行撰寫。
  3. 沒有 --key 也能執行，但只能說「與這把金鑰一致」。請務必與主管機關公布的金鑰比對。

二、金鑰
  紀錄簿：{origin}
  金鑰　：{key}
  指紋　：{fingerprint}（金鑰文字的 SHA-256）

三、這份檔案證明什麼
  ‧ 每一筆都在紀錄簿第 {size} 筆以前的位置上，內容與記錄時間都沒有變更。
  ‧ 所列的項目，在第 {covers} 筆以前的每一筆都在這裡；列為沒有紀錄的項目，證明確實沒有。
  ‧ 附有金鑰的內容可以解開，並與畫面所示相同。

四、這份檔案不證明什麼
  ‧ 紀錄的內容是否屬實。它只證明誰在什麼時候記下了什麼。
  ‧ 沒有列入的項目裡有沒有紀錄。晤談與輔導紀錄只有填寫者本人看得到；未由本人釋出的，不在本檔。
  ‧ 在這個時點以後的事。

五、請注意
  ‧ 本檔含有個人資料，請妥善保管。
  ‧ 日後依法刪除這位學生的資料時，已經交付的檔案無法收回。
"""


def how_to_check(sealed: Sealed) -> str:
    """The text for a bundle that stands on this checkpoint."""
    fingerprint = hashlib.sha256(sealed.key.encode()).hexdigest()
    return _TEXT.format(
        origin=sealed.origin,
        key=sealed.key,
        fingerprint=" ".join(fingerprint[at : at + 8] for at in range(0, 64, 8)),
        size=sealed.size,
        covers=sealed.covers,
    )
