"""What a challenge declares of itself before it opens (BIAS); imports no Django.

Maier-Hein et al., "BIAS: Transparent reporting of biomedical image analysis challenges", Medical
Image Analysis 66:101796 (2020).
"""

from app.challenges.declaration.checking import DesignInvalid, checked_design, digest_of
from app.challenges.declaration.checklist import checklist, checklist_csv
from app.challenges.declaration.differences import Change, changes_between
from app.challenges.declaration.items import ITEMS, SECTIONS, Item, Kind, Level, items_of
from app.challenges.declaration.methods_text import methods_text
from app.challenges.declaration.showing import Answer, answers_of, text_of
from app.challenges.ranking.words import plan_words

__all__ = [
    "ITEMS",
    "SECTIONS",
    "Answer",
    "Change",
    "DesignInvalid",
    "Item",
    "Kind",
    "Level",
    "answers_of",
    "changes_between",
    "checked_design",
    "checklist",
    "checklist_csv",
    "digest_of",
    "items_of",
    "methods_text",
    "plan_words",
    "text_of",
]
