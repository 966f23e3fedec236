"""The tests of an application until their results are published: seen by who runs the programme.

Schools do not see this record (Kaohsiung 2.2, A6 to A9 and A15 to A18). What they may see is said
on the application when results are published.
"""

from domain import labels
from domain.application_words import RESULT_CODES, RESULT_FOUND
from domain.process import evolving, process

PROCESS, SECTION = "examination", "application_result"

process(PROCESS, SECTION)
evolve = evolving(PROCESS)
labels.name_more(SECTION, RESULT_FOUND, RESULT_CODES)
