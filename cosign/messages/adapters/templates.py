"""Templates and sign names that an SMS provider has approved, from a TOML file.

[sign_names]
default = "…"          # or the word of a brand
[zh]
code = "SMS_100000001" # or the word of a kind of message
[en]
code = "SMS_100000002"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cosign.errors import ConfigInvalid
from cosign.messages.ports import Sms
from cosign.store.delivery import DeliveryRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsTemplates:
    """Names at the provider."""

    sign_names: Mapping[str, str]
    templates: Mapping[str, Mapping[str, str]]
    """By language, then by our word."""

    def sign_name(self, sms: Sms) -> str:
        """The sign name of the brand."""
        return self.sign_names.get(sms.brand, self.sign_names["default"])

    def template(self, sms: Sms) -> str:
        """The provider's template; the Chinese one when there is none in the language asked for.

        Raises:
            DeliveryRefused: None for this kind of message: another channel has to do.
        """
        for language in (sms.language, "zh"):
            found = self.templates.get(language, {}).get(sms.template)
            if found:
                return found
        raise DeliveryRefused("no_template")


def load_templates(path: Path) -> SmsTemplates:
    """Reads the file. Raises ConfigInvalid naming `sms.templates`."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid("sms.templates", error.strerror or "cannot be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid("sms.templates", f"not TOML: {error}") from None
    unknown = set(document) - {"sign_names", "zh", "en"}
    if unknown or not all(isinstance(table, dict) for table in document.values()):
        raise ConfigInvalid("sms.templates", "holds the tables sign_names, zh and en")
    if not all(isinstance(value, str) and value for table in document.values() for value in table.values()):
        raise ConfigInvalid("sms.templates", "every entry is a text")
    if not document.get("sign_names", {}).get("default") or not document.get("zh", {}).get("code"):
        raise ConfigInvalid("sms.templates", "sign_names.default and zh.code are needed")
    return SmsTemplates(
        sign_names=document["sign_names"], templates={name: document.get(name, {}) for name in ("zh", "en")}
    )
