"""Which letter groups can be a Vietnamese syllable: tells a sound text from one ruined by fonts, encodings or OCR.

The inventory of onsets, rhymes and of tones before stops follows the standard description of the orthography
(quốc ngữ): rhymes that end in c, ch, p, t carry only sắc or nặng.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ONSETS = frozenset(re.findall(r"\S+", "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"))
_RHYMES = frozenset(
    re.findall(
        r"\S+",
        "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây "
        "e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu "
        "i ich im in inh ip it iu ia iêc iêm iên iêng iêp iêt iêu y ych ynh yt yêm yên yêng yêt yêu "
        "o oc oi om on ong op ot oong ooc oa oac oach oai oam oan oang oanh oao oap oat oay "
        "oăc oăm oăn oăng oăt oe oem oen oeo oet ô ôc ôi ôm ôn ông ôp ôt ôông ơ ơi ơm ơn ơp ơt "
        "u uc ui um un ung up ut ua uân uâng uât uây uê uêch uên uênh uêt uêu uơ uơt uôc uôi uôm uôn uông uôp uôt "
        "uy uya uych uyên uyêt uyn uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ưt ưu "
        "ươc ươi ươm ươn ương ươp ươt ươu",
    )
)
# After "qu" the u belongs to the onset; only these rhymes follow.
_AFTER_QU = frozenset(r for r in _RHYMES if r[0] in "aăâeêiyơ") | {"ôc"}
_STOPS = ("c", "ch", "p", "t")
_TONES = {"\u0300": "huyền", "\u0301": "sắc", "\u0303": "ngã", "\u0309": "hỏi", "\u0323": "nặng"}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@lru_cache(maxsize=50_000)
def is_possible(syllable: str) -> bool:
    """Whether a group of letters (any case, NFC or NFD) can be written Vietnamese."""
    tone = ""
    base: list[str] = []
    for char in unicodedata.normalize("NFD", syllable.lower()):
        if char in _TONES:
            if tone:
                return False
            tone = _TONES[char]
        else:
            base.append(char)
    text = unicodedata.normalize("NFC", "".join(base))
    for length in (3, 2, 1, 0):
        onset, rhyme = text[:length], text[length:]
        if length and onset not in _ONSETS:
            continue
        allowed = _AFTER_QU if onset == "qu" else _RHYMES
        if rhyme in allowed or (onset == "gi" and not rhyme):
            stopped = rhyme.endswith(_STOPS)
            if not stopped or tone in ("sắc", "nặng"):
                return True
    return False


def toned_share(text: str) -> float:
    """Share (0 to 1) of the words of `text` that carry a tone mark (sắc, huyền, hỏi, ngã, nặng); 1.0 without words.

    Of a page of a law two thirds and more; of one whose tone marks were lost none, whatever became of ă, ê, ơ.
    """
    words = [word for word in _WORD.findall(unicodedata.normalize("NFC", text)) if len(word) > 1]
    toned = sum(1 for word in words if any(char in _TONES for char in unicodedata.normalize("NFD", word)))
    return toned / len(words) if words else 1.0


def impossible_share(text: str) -> float:
    """Share (0 to 1) of the words of `text` that no Vietnamese syllable can be; abbreviations in capitals do not count.

    0.0 for a text without words. Good laws measure at most a few percent (names, foreign words).
    """
    total = bad = 0
    for match in _WORD.finditer(unicodedata.normalize("NFC", text)):
        word = match[0]
        if len(word) < 2 or (word.isupper() and len(word) <= 6):
            continue
        total += 1
        bad += not is_possible(word)
    return bad / total if total else 0.0
