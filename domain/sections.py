"""Every section of the plan that is kept by fields and rows (IGP manual 0.3), in its order."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.annual_goal import ANNUAL_GOAL
from domain.awards import AWARDS
from domain.basic_family import BASIC_FAMILY
from domain.career_interest import CAREER_INTEREST
from domain.course_goal import COURSE_GOAL
from domain.identification import IDENTIFICATION
from domain.interest_analysis import INTEREST_ANALYSIS
from domain.meeting import MEETING
from domain.needs_assessment import NEEDS_ASSESSMENT
from domain.replacement import REPLACEMENT
from domain.section import Section
from domain.strengths_weaknesses import STRENGTHS_WEAKNESSES
from domain.transition import TRANSITION

SECTIONS: Mapping[str, Section] = MappingProxyType(
    {
        section.code: section
        for section in (
            BASIC_FAMILY,
            TRANSITION,
            IDENTIFICATION,
            CAREER_INTEREST,
            INTEREST_ANALYSIS,
            AWARDS,
            STRENGTHS_WEAKNESSES,
            NEEDS_ASSESSMENT,
            ANNUAL_GOAL,
            COURSE_GOAL,
            MEETING,
            REPLACEMENT,
        )
    }
)
