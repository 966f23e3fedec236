"""The course goals of the demo county, of their own teachers, and what they opened to whom."""

from igp.demo.acts import Act
from igp.demo.plan_acts import keep_as_template, open_to, teach

COURSES: list[tuple[str, str, Act]] = [
    (
        "112.10.3 09:15",
        "a-math",
        teach(
            "a4",
            112,
            "mathematics",
            course_name="生活中的數學",
            semester="first",
            rows=[
                {
                    "component": "type_1_general_exploration",
                    "learning_performance": "認識生活中的數量關係並提出問題",
                    "adjusted_learning_performance": "自行提出三個可以用數學探究的問題",
                    "assessment_methods": ["portfolio"],
                    "assessment_result": "提出五個問題，其中兩個具探究價值",
                },
                {
                    "component": "type_2_group_training",
                    "learning_performance": "運用表格與圖形整理資料",
                    "adjusted_learning_performance": "以小組方式完成資料蒐集並繪製統計圖",
                    "assessment_methods": ["performance", "同儕互評"],
                },
                {
                    "component": "type_3_independent_study",
                    "learning_performance": "完成一份小型研究報告",
                    "assessment_methods": ["dynamic", "portfolio"],
                },
            ],
        ),
    ),
    ("112.10.3 09:40", "a-math", open_to("a4", "mathematics", "a-eng", "cross_field")),
    ("112.10.3 09:55", "a-math", keep_as_template("a4", "mathematics", "生活中的數學")),
    (
        "112.10.5 10:05",
        "a-eng",
        teach(
            "a1",
            112,
            "english",
            course_name="英語科普閱讀",
            semester="first",
            rows=[
                {
                    "component": "core",
                    "learning_performance": "能讀懂簡易短文的主要內容",
                    "adjusted_learning_performance": "閱讀科普短文並摘要重點",
                    "assessment_methods": ["performance"],
                },
                {
                    "component": "connections",
                    "learning_performance": "能連結跨領域的概念",
                    "assessment_methods": ["portfolio"],
                },
            ],
        ),
    ),
    (
        "112.10.5 13:30",
        "a-math",
        teach("a1", 112, "mathematics", course_name="數學解題", semester="second"),
    ),
]
