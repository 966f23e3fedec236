"""Which fields hold a grade, whatever record they stand in."""

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
