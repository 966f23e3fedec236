"""Which fields hold a grade, whatever record they stand in; labels that a form has of its own."""

GRADE_FIELDS = frozenset(
    {
        "grade",
        "target_year_grade",
        "placement_grade",
        "new_target_year_grade",
        "new_placement_grade",
        "enrolled_grade",
        "from_grade",
        "to_grade",
        "current_grade",
        "exam_grade",
        "grade_tested",
        "grade_that_year",
        "assessed_grade",
    }
)

#: Of a request about a placement (F29): what it is about, the letter, and who signed.
OF_REQUEST = {
    "placement_id": "原安置",
    "letter_number": "文號",
    "letter_date": "發文日期",
    "guardian_name": "家長（法定代理人）簽章",
    "guardian_signed_on": "家長簽章日期",
}
