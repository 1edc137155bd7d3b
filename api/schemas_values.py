"""Values of requests as the description says them: pydantic alone would also take a date as a number, a number as text."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, StrictBool
from pydantic_core import PydanticCustomError

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")


def _day(value: Any) -> Any:
    if (
        value is None
        or isinstance(value, date)
        or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value))
    ):
        return value
    raise PydanticCustomError("date_type", "date as YYYY-MM-DD")


def _moment(value: Any) -> Any:
    if value is None or isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime_type", "moment as RFC 3339")


def _whole(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise PydanticCustomError("int_type", "integer")
    return value


#: A day, `2026-03-01`.
Day = Annotated[date, BeforeValidator(_day)]
#: A moment with its offset, `2026-03-01T08:00:00+07:00`.
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
#: A whole number in a JSON body; in an address numbers are text, there `int` is right.
Whole = Annotated[int, BeforeValidator(_whole)]
#: The same for a type with bounds: `Annotated[int, Field(ge=1), WHOLE]`; before them it would hide them from the schema.
WHOLE = BeforeValidator(_whole)
#: `true` or `false` in a JSON body.
Flag = StrictBool
