"""A student erased by order, as `igp erase` does it, for tests that have a house at hand."""

from uuid import UUID

from api.acting import Asked
from api.erasure import ErasureOrder, erase
from api.house import House
from api.viewer import Viewer
from igp.erasures import carry_out, orders

NUMBER = "高市教特字第11200001號"


def ordered(house: House, by: Viewer, student: UUID | str, number: str = NUMBER) -> None:
    """The order is in the book and the views show it; nothing was carried out."""
    erase(house, by, UUID(str(student)), Asked(body=ErasureOrder(order_number=number)))


def erased(house: House, by: Viewer, student: UUID | str, number: str = NUMBER) -> None:
    """The order was carried out."""
    ordered(house, by, student, number)
    for order in orders(house.ledger, UUID(str(student))):
        carry_out(house.ledger, order)
