"""The plan of 張簡子晴 (`a4`) of the resource class, by her case manager and subject teachers."""

from igp.demo.acts import Act
from igp.demo.plan_acts import fill, member

RESOURCE_CLASS: list[tuple[str, str, Act]] = [
    (
        "112.9.11 09:10",
        "a-cm",
        fill(
            "a4",
            "basic_family",
            {
                "giftedness_category": ["academic_aptitude"],
                "placement_type": "resource_class",
                "address": "高雄市苓雅區示範路 12 號",
                "phone": "07-0000012",
                "family_members": [
                    member("父", "張簡文賢", highest_education="大學", employer="示範科技公司"),
                    member("母", "許雅玲", highest_education="碩士", phone="0900-000012"),
                ],
            },
        ),
    ),
    (
        "112.9.11 09:32",
        "a-cm",
        fill(
            "a4",
            "transition",
            {
                "education_stage": "elementary",
                "grade": 3,
                "school_name": "苓雅示範國小",
                "class_name": "三年甲班",
                "class_type": "resource_class",
                "homeroom_teacher_name": "鍾佳穎",
                "case_manager_name": "劉怡君",
                "enrolled_from": "110.8.30",
            },
        ),
    ),
    (
        "112.9.12 10:05",
        "a-cm",
        fill(
            "a4",
            "identification",
            {
                "tests": [
                    {
                        "test_name": "團體智力測驗",
                        "test_date": "112.3.11",
                        "result": "百分等級 97",
                    },
                    {
                        "test_name": "數學性向測驗",
                        "test_date": "112.4.15",
                        "result": "T 分數 71，百分等級 98",
                    },
                ]
            },
        ),
    ),
    (
        "112.9.12 10:24",
        "a-cm",
        fill(
            "a4",
            "career_interest",
            {
                "tests": [
                    {
                        "instrument": "interest_inventory",
                        "result": "研究型得分最高，其次為藝術型",
                        "test_date": "112.5.20",
                    }
                ]
            },
        ),
    ),
    (
        "112.9.12 10:40",
        "a-cm",
        fill(
            "a4",
            "interest_analysis",
            {
                "interests": ["reading", "puzzles", "logic_games", "programming"],
                "interests_other": ["science"],
                "interests_other_note": {"science": "昆蟲飼養與觀察紀錄"},
            },
        ),
    ),
    (
        "112.9.12 10:58",
        "a-cm",
        fill(
            "a4",
            "awards",
            {
                "awards": [
                    {
                        "award_date": "112.5.6",
                        "event_name": "數學闖關競賽",
                        "organiser": "示範市教育局",
                        "level": "county",
                        "prize": "銀牌",
                    },
                    {"event_name": "校內科學展覽", "level": "school", "prize": "優等"},
                ]
            },
        ),
    ),
    (
        "112.9.18 13:20",
        "a-cm",
        fill(
            "a4",
            "strengths_weaknesses",
            {
                "cognitive": {
                    "reasoning": "strength",
                    "problem_solving": "strength",
                    "metacognition": "weakness",
                },
                "affective": {
                    "concentration": "strength",
                    "perfectionism": "weakness",
                    "cooperation": "weakness",
                },
                "academic": {"mathematics": "strength"},
            },
        ),
    ),
    (
        "112.9.25 09:15",
        "a-math",
        fill(
            "a4",
            "strengths_weaknesses",
            {
                "cognitive": {
                    "reasoning": "strength",
                    "problem_solving": "strength",
                    "creation": "strength",
                    "metacognition": "weakness",
                }
            },
            reason="數學課觀察到解題想法新穎",
        ),
    ),
    (
        "112.10.2 15:10",
        "a-cm",
        fill(
            "a4",
            "needs_assessment",
            {
                "needs": {
                    "domain_learning_courses": ["deepening", "compacting"],
                    "special_needs_courses": ["independent_study", "affective_development"],
                    "affective_guidance": ["interpersonal"],
                },
                "guidance_recommendations": "數學以加深為主，並安排小組研究培養合作能力。",
            },
        ),
    ),
    (
        "112.10.3 08:50",
        "a-math",
        fill(
            "a4",
            "annual_goal",
            {
                "goal_text": "能運用數學方法解決生活中的問題，並完成一份小型研究報告。",
                "teaching_model": "enrichment_triad",
            },
        ),
    ),
    (
        "113.6.11 09:05",
        "a-cm",
        fill(
            "a4",
            "basic_family",
            {"phone": "07-0000034"},
            reason="家長更換電話",
        ),
    ),
]
