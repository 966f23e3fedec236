"""The plans of the demo county: two of them whole, others begun, over two school years."""

from igp.demo.acts import Act
from igp.demo.gifted_class_plan import GIFTED_CLASS
from igp.demo.plan_acts import fill, meet, open_year, replace
from igp.demo.resource_class_plan import RESOURCE_CLASS

#: Plans that are only begun, and those that go on in the second school year.
_OTHERS: list[tuple[str, str, Act]] = [
    (
        "112.10.6 10:15",
        "b-cm",
        fill(
            "D",
            "needs_assessment",
            {
                "needs": {"domain_learning_courses": ["acceleration"]},
                "guidance_recommendations": "數學課程濃縮後進行專題。",
            },
        ),
    ),
    (
        "112.10.6 10:40",
        "b-cm",
        fill("B", "strengths_weaknesses", {"academic": {"mathematics": "strength"}}),
    ),
    (
        "112.10.6 11:05",
        "b-cm",
        fill("E", "interest_analysis", {"interests": ["foreign_languages", "reading"]}),
    ),
    (
        "112.9.28 16:30",
        "a-cm",
        meet(
            "a4",
            112,
            held_at="2023-09-28T15:30:00+08:00",
            topic="個別輔導計畫研商會議",
            purpose="討論本學年的教育需求與課程安排",
            recorder_name="劉怡君",
            participants=["劉怡君", "彭志豪", "鍾佳穎", "家長"],
            content="數學採加深並部分濃縮，每週兩節至資源班；情意課程以合作學習為主。",
        ),
    ),
    (
        "113.6.13 16:45",
        "a-cm",
        meet(
            "a4",
            112,
            held_at="2024-06-13T15:40:00+08:00",
            topic="期末檢討會議",
            purpose="檢討學年目標達成情形",
            recorder_name="劉怡君",
            participants=["劉怡君", "彭志豪", "家長"],
            content="研究報告已完成，下學年延續主題並加強寫作。",
        ),
    ),
    (
        "112.9.29 16:20",
        "a-gh",
        meet(
            "a1",
            112,
            held_at="2023-09-29T15:30:00+08:00",
            topic="個別輔導計畫研商會議",
            purpose="確認資優班課程與輔導重點",
            recorder_name="羅建廷",
            participants=["羅建廷", "彭志豪", "簡曉雯"],
            content="英語課程加入科普閱讀，導師協助練習面對失敗。",
        ),
    ),
    (
        "113.6.20 09:30",
        "a-cm",
        replace(
            "a4",
            112,
            assessed_needs="數學進度已超前，需要更多獨立研究時間。",
            outcome="維持資優資源班，增加獨立研究一節。",
            decided_on="113.6.19",
        ),
    ),
    ("113.9.9 09:05", "a-cm", open_year("a4", 113)),
    ("113.9.9 09:20", "a-cm", open_year("a5", 113)),
    ("113.9.9 10:10", "a-gh", open_year("a1", 113)),
    ("113.9.9 13:35", "b-cm", open_year("D", 113)),
    (
        "113.9.16 15:00",
        "a-cm",
        fill(
            "a4",
            "needs_assessment",
            {
                "needs": {
                    "domain_learning_courses": ["deepening"],
                    "special_needs_courses": ["independent_study"],
                },
                "guidance_recommendations": "延續前一學年的研究主題，加強報告寫作。",
            },
            school_year=113,
        ),
    ),
]

PLANS: list[tuple[str, str, Act]] = [*RESOURCE_CLASS, *GIFTED_CLASS, *_OTHERS]
