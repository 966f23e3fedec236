"""Who may sign in to the demo county, in the order in which they are shown."""

PASSWORD = "demo-igp-114"

#: Username and who that is.
ACCOUNTS = (
    ("eb", "主管機關學務"),
    ("org", "承辦學校人員"),
    ("council", "鑑輔會委員"),
    ("reviewer", "爭議案審議人員"),
    ("a-office", "苓雅示範國小學務"),
    ("b-office", "前金示範國小學務"),
    ("a-cm", "苓雅示範國小個案管理教師（資源班）"),
    ("a-cm2", "苓雅示範國小個案管理教師（資源班）"),
    ("b-cm", "前金示範國小個案管理教師（資源班）"),
    ("itinerant", "巡迴輔導個案管理教師，各校一位學生"),
    ("a-gh", "苓雅示範國小資優班導師"),
    ("a-hr", "苓雅示範國小普通班導師"),
    ("a-math", "苓雅示範國小數學科任教師"),
    ("a-eng", "苓雅示範國小英語科任教師"),
    ("b-math", "前金示範國小數學科任教師"),
)
