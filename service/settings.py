"""Every setting, read from the environment once. Nothing below this room reads it."""

from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_key_file() -> Path:
    return Path(platformdirs.user_config_dir("homeward")) / "keys.json"


class Settings(BaseSettings):
    """All settings, prefix HOMEWARD_. Frozen: one process, one configuration."""

    model_config = SettingsConfigDict(env_prefix="HOMEWARD_", frozen=True, extra="ignore")

    data_dir: Annotated[Path, Field(description="Database and index; created if absent.")] = Path(
        "homeward-data"
    )
    key_file: Annotated[
        Path,
        Field(
            default_factory=_default_key_file,
            description="Encryption keys, mode 0600; keep it outside the data directory.",
        ),
    ]
    person_keys: Annotated[
        Path | None,
        Field(description="Keys of single people; unset: beside the key file."),
    ] = None
    erasure_ledger: Annotated[
        Path | None,
        Field(description="Who was erased, and when; unset: beside the key file."),
    ] = None
    database_url: Annotated[
        str | None,
        Field(description="Default: SQLite in the data directory. PostgreSQL follows later."),
    ] = None
    admin_key: Annotated[
        str | None,
        Field(min_length=1, description="The first admin key; unset: generated, printed once."),
    ] = None
    encoder: Annotated[
        str,
        Field(description='"bundled", or name or path of a sentence-transformers model.'),
    ] = "bundled"
    rate_limit: Annotated[
        int, Field(ge=0, description="Requests per minute and key; 0 for no limit.")
    ] = 6000
    max_body_bytes: Annotated[
        int, Field(ge=1024, description="Largest request body, in bytes.")
    ] = 1_048_576
    max_import_bytes: Annotated[
        int, Field(ge=1024, description="Largest file to be imported, in bytes; held in memory.")
    ] = 104_857_600
    rates_file: Annotated[
        Path | None,
        Field(description="Your own currency rates (CSV as data/rules/rates.csv)."),
    ] = None
    age_hint: Annotated[
        bool, Field(description="Whether age adds options to an answer. It never takes any away.")
    ] = True
    age_from: Annotated[
        int,
        Field(ge=16, le=100, description="Age from which options that use experience are added."),
    ] = 45
    diversity: Annotated[
        float,
        Field(ge=0, le=1, description="How strongly overseas answers are spread over countries."),
    ] = 0.2
    webhook_private: Annotated[
        bool,
        Field(description="Whether webhooks may go to private and loopback addresses."),
    ] = False
    log_level: Annotated[str, Field(description="DEBUG, INFO, WARNING or ERROR.")] = "INFO"
    encoder_threads: Annotated[
        int | None, Field(ge=1, description="Threads of one encoder call; unset: up to 4.")
    ] = None


def bundled(*parts: str) -> Path:
    """Return the path of something that ships with Homeward, from a wheel or a checkout."""
    here = Path(__file__).parent
    packed = here / "bundled"
    root = packed if packed.is_dir() else here.parent
    return root.joinpath(*parts)
