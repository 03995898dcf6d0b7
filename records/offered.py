"""The usual values of texts that are no choices: countries, currencies, time zones, attributes. Others may be typed."""

from .attributes import ATTRIBUTES
from .countries import NAMES, country_name
from .inputs import OFFERED
from .kinds import Kind
from .showing import language

CURRENCIES = ("KRW", "USD", "EUR", "JPY", "CNY", "GBP", "CHF", "SGD")
ZONES = ("Asia/Seoul", "America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Paris", "Europe/Berlin", "Asia/Tokyo", "Asia/Singapore", "Asia/Shanghai", "UTC")  # fmt: skip


def offered(kind: Kind) -> dict[str, list[tuple[str, str]]]:
    """(value, what it is called) by the fields of the kind that have such."""
    every = {
        "country": [(code, country_name(code, language())) for code in NAMES],
        "currency": [(code, "") for code in CURRENCIES],
        "time_zone": [(zone, "") for zone in ZONES],
        "attribute": [(name, str(word)) for name, word in ATTRIBUTES.items()],
    }
    return {name: every[name] for name in OFFERED if name in kind.typed_fields}
