"""Every setting, read from the environment once. Nothing below this room reads it."""

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.domain.retention import Retention


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
        str | Path | None,
        Field(
            repr=False,
            description="Keys of single people, a file or a PostgreSQL database of their own; "
            "unset: beside the key file.",
        ),
    ] = None
    erasure_ledger: Annotated[
        Path | None,
        Field(description="Who was erased, and when; unset: beside the key file."),
    ] = None
    database_url: Annotated[
        str | None,
        Field(
            repr=False,
            description="PostgreSQL that has the records; unset: SQLite in the data directory.",
        ),
    ] = None
    database_standby: Annotated[
        str | None,
        Field(
            repr=False,
            description="A streaming standby of it, to read from while it is level; unset: none.",
        ),
    ] = None
    database_pool: Annotated[
        int, Field(ge=1, le=100, description="Connections of this process to read with.")
    ] = 10
    listing_index: Annotated[
        Literal["memory", "pgvector"],
        Field(description="Where listings are searched: in each process, or in the database."),
    ] = "memory"
    background: Annotated[
        bool,
        Field(description="Whether serve also does what homeward work does beside it."),
    ] = True
    admin_key: Annotated[
        str | None,
        Field(
            min_length=16,
            description="The first admin key, 16 characters or more; unset: generated.",
        ),
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
    answers_mb: Annotated[
        int,
        Field(
            ge=0,
            description="Memory for answers about stored people, given again for ten minutes "
            "while nothing has changed, in MB; 0: none are kept.",
        ),
    ] = 64
    retention_refused_rows: Annotated[
        int,
        Field(ge=0, description="Days that words of refused import rows are kept; 0: for good."),
    ] = 90
    retention_imports: Annotated[
        int, Field(ge=0, description="Days that an import and its rows are kept; 0: for good.")
    ] = 365
    retention_deliveries: Annotated[
        int, Field(ge=0, description="Days that the log of sent messages is kept; 0: for good.")
    ] = 90
    retention_told: Annotated[
        int, Field(ge=0, description="Days behind a listing's end that who was told of it is kept.")
    ] = 90
    retention_changes: Annotated[
        int,
        Field(ge=0, description="Days that removals stay in the feeds of changes; 0: for good."),
    ] = 30
    retention_keys: Annotated[
        int,
        Field(ge=0, description="Days that ended keys are kept which nothing names; 0: for good."),
    ] = 365
    retention_consents: Annotated[
        int,
        Field(ge=0, description="Days behind the end of a consent to erase the person; 0: never."),
    ] = 0
    webhook_private: Annotated[
        bool,
        Field(description="Whether webhooks may go to private and loopback addresses."),
    ] = False
    console_language: Annotated[
        Literal["en", "bn", "hi", "ur", "ne", "ar"],
        Field(description="Language of the console before anybody has chosen one."),
    ] = "en"
    session_idle_minutes: Annotated[
        int, Field(ge=1, le=240, description="Minutes an officer's session rests before it locks.")
    ] = 15
    session_hours: Annotated[
        int, Field(ge=1, le=72, description="Hours after which an officer signs in again.")
    ] = 12
    session_secure: Annotated[
        bool | None,
        Field(description="Cookies over HTTPS only; unset: as each request came."),
    ] = None
    draft_days: Annotated[
        int, Field(ge=1, le=90, description="Days what an officer typed and did not send is kept.")
    ] = 7
    public_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s?#]+$",
            description="URL of this service as mailboxes reach it; for the links in mail.",
        ),
    ] = None
    smtp_host: Annotated[
        str | None, Field(min_length=1, description="Server that sends mail; unset: none is sent.")
    ] = None
    smtp_port: Annotated[int, Field(ge=1, le=65535, description="Its port.")] = 587
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"], Field(description="How the way there is encrypted.")
    ] = "starttls"
    smtp_user: Annotated[str | None, Field(min_length=1, description="Whom to log in as.")] = None
    smtp_password: Annotated[SecretStr | None, Field(description="With which password.")] = None
    smtp_from: Annotated[
        str | None, Field(description='Sender of mail: an address, or "Name <address>".')
    ] = None
    smtp_ca_file: Annotated[
        Path | None, Field(description="Certificates to trust in place of the system's (PEM).")
    ] = None
    oidc_issuer: Annotated[
        str | None,
        Field(description="Whose tokens people sign in with, as OpenID Connect names it."),
    ] = None
    oidc_audience: Annotated[
        str | None, Field(description="For whom tokens must have been made; needed with an issuer.")
    ] = None
    oidc_mapping: Annotated[
        Path | None,
        Field(description="JSON file: scopes by role, organisations; needed with an issuer."),
    ] = None
    oidc_organisation_claim: Annotated[
        str, Field(min_length=1, description="The claim that names the person's organisation.")
    ] = "organisation"
    oidc_roles_claim: Annotated[
        str, Field(min_length=1, description="The claim that names the person's roles.")
    ] = "roles"
    oidc_allow_http: Annotated[
        bool, Field(description="Whether an issuer of one's own network may be asked over http.")
    ] = False
    log_level: Annotated[str, Field(description="DEBUG, INFO, WARNING or ERROR.")] = "INFO"
    encoder_threads: Annotated[
        int | None, Field(ge=1, description="Threads of one encoder call; unset: up to 4.")
    ] = None

    @field_validator("database_standby")
    @classmethod
    def _has_a_primary(cls, url: str | None, known: ValidationInfo) -> str | None:
        if url is not None and known.data.get("database_url") is None:
            message = "HOMEWARD_DATABASE_URL, the primary it follows, is not set"
            raise ValueError(message)
        return url

    @property
    def retention(self) -> Retention:
        """How long what is kept."""
        return Retention(
            drafts=self.draft_days,
            refused_rows=self.retention_refused_rows,
            imports=self.retention_imports,
            deliveries=self.retention_deliveries,
            told=self.retention_told,
            changes=self.retention_changes,
            keys=self.retention_keys,
            consents=self.retention_consents,
        )


def bundled(*parts: str) -> Path:
    """Return the path of something that ships with Homeward, from a wheel or a checkout."""
    here = Path(__file__).parent
    packed = here / "bundled"
    root = packed if packed.is_dir() else here.parent
    return root.joinpath(*parts)
