"""Who asks for a deed, and what every command brings with it."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.capacity import Capacity


class Actor(BaseModel):
    """The account that acts, in the capacity that gives it the right."""

    model_config = ConfigDict(frozen=True)

    account_id: UUID
    capacity: Capacity


class Command(BaseModel):
    """What somebody wants to happen. Ids, actor and today's date come in with it."""

    model_config = ConfigDict(frozen=True)

    actor: Actor
    occurred_on: date | None = None
    reason: str | None = None
    correlation_id: UUID | None = None

    def envelope(self, stream: UUID, version: int) -> dict[str, Any]:
        """The fields of `Event` that come from the command; what is not given is left out."""
        given: dict[str, Any] = {
            "originator_id": stream,
            "originator_version": version,
            "by": self.actor.account_id,
            "capacity": self.actor.capacity,
        }
        optional = {
            "occurred_on": self.occurred_on,
            "reason": self.reason,
            "correlation_id": self.correlation_id,
        }
        return given | {name: value for name, value in optional.items() if value is not None}
