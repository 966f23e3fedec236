"""Which fields hold a grade, a day or an instant, whatever record they stand in."""

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
    }
)
DATE_FIELDS = frozenset(
    {
        "occurred_on",
        "decided_on",
        "notified_on",
        "letter_date",
        "notice_received_on",
        "filed_on",
        "arrived_on",
        "last_day",
        "also_accepted_until",
        "given_on",
        "until",
        "held_on",
        "birth_date",
        "test_date",
        "award_date",
        "enrolled_from",
        "enrolled_to",
        "postmark_on",
        "published_on",
        "met_on",
        "income_proof_valid_until",
    }
)
INSTANT_FIELDS = frozenset({"held_at"})
