"""The demo county's students, by the short names that the steps use.

The numbers have a right check digit and an unlikely serial; the names are made up. `A` to `J` are
the pupils of the worked example (Kaohsiung 6.4), all at `ks-b`; `a…` are at `ks-a`, `n…` start
school in 113.
"""

NATIONAL_IDS = {
    "a1": "E299900014",
    "a2": "E199900021",
    "a3": "E299900032",
    "a4": "E299900041",
    "a5": "E199900058",
    "a6": "E299900069",
    "a7": "E199900076",
    "a8": "E299900087",
    "a9": "E299900096",
    "a10": "E199900101",
    "a11": "E299900112",
    "A": "E199900129",
    "B": "E299900130",
    "C": "E199900147",
    "D": "E299900158",
    "E": "E199900165",
    "F": "E299900176",
    "G": "E199900183",
    "H": "E299900194",
    "I": "E199900209",
    "J": "E199900218",
    "n1": "E299900229",
    "n2": "E299900238",
    "n3": "E199900245",
}
