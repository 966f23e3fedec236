"""The plan of 林予安 (`a1`) of the gifted class, by her homeroom teacher and subject teachers."""

from igp.demo.acts import Act
from igp.demo.plan_acts import fill, member

GIFTED_CLASS: list[tuple[str, str, Act]] = [
    (
        "112.9.13 08:45",
        "a-gh",
        fill(
            "a1",
            "basic_family",
            {
                "giftedness_category": ["general_intelligence"],
                "placement_type": "gifted_class",
                "family_members": [
                    member("母", "林淑惠", highest_education="大學"),
                    member("外祖父", "林天送"),
                ],
            },
        ),
    ),
    (
        "112.9.13 09:02",
        "a-gh",
        fill(
            "a1",
            "transition",
            {
                "education_stage": "elementary",
                "grade": 4,
                "school_name": "苓雅示範國小",
                "class_name": "四年資優班",
                "class_type": "gifted_class",
                "homeroom_teacher_name": "羅建廷",
            },
        ),
    ),
    (
        "112.9.13 09:20",
        "a-gh",
        fill(
            "a1",
            "identification",
            {
                "tests": [
                    {
                        "test_name": "個別智力測驗",
                        "test_date": "112.2.18",
                        "result": "全量表百分等級 99",
                    }
                ]
            },
        ),
    ),
    (
        "112.9.19 10:30",
        "a-gh",
        fill(
            "a1",
            "interest_analysis",
            {"interests": ["writing", "astronomy", "history", "drama"]},
        ),
    ),
    (
        "112.9.19 10:48",
        "a-gh",
        fill(
            "a1",
            "strengths_weaknesses",
            {
                "cognitive": {"comprehension": "strength", "critical_thinking": "strength"},
                "affective": {"leadership": "strength", "frustration_tolerance": "weakness"},
                "academic": {"chinese": "strength"},
            },
        ),
    ),
    (
        "112.10.4 14:10",
        "a-gh",
        fill(
            "a1",
            "needs_assessment",
            {
                "needs": {
                    "domain_learning_courses": ["enrichment", "interdisciplinary"],
                    "cognitive_instruction": ["critical_thinking", "research_methods"],
                    "affective_guidance": ["frustration_tolerance"],
                },
                "guidance_recommendations": "提供跨領域專題，鼓勵面對挫折後再嘗試。",
            },
        ),
    ),
    (
        "112.10.5 09:40",
        "a-eng",
        fill(
            "a1",
            "annual_goal",
            {
                "goal_text": "能以英語閱讀科普短文，並以口頭與書面分享觀點。",
                "teaching_model": "parallel_curriculum",
            },
        ),
    ),
    (
        "113.5.14 16:20",
        "a-gh",
        fill(
            "a1",
            "awards",
            {
                "awards": [
                    {
                        "award_date": "113.4.27",
                        "event_name": "全國學生文學獎",
                        "level": "national",
                        "prize": "佳作",
                    }
                ]
            },
        ),
    ),
]
