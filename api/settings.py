"""The settings of a process: the only place that reads environment variables (`PHAPQUY_...`, `__` nests)."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ByteSize, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.caller import Role
from legal.errors import BadRequest


class QdrantSettings(BaseModel):
    """A Qdrant server in place of the embedded engine; embedded when `url` is empty.

    `shards`, `replicas`, `int8`: how a new collection lies there (`docs/capacity.md`).
    """

    url: str | None = None
    api_key: SecretStr | None = None
    collection: str = "phapquy"
    timeout: int = Field(default=10, gt=0)
    shards: int | None = Field(default=None, ge=1)
    replicas: int | None = Field(default=None, ge=1)
    int8: bool = True


class ModelSettings(BaseModel):
    """A model server in the OpenAI style. `timeout`: seconds of a whole call, retries included."""

    url: str | None = None
    model: str | None = None
    api_key: SecretStr | None = None
    timeout: float = Field(default=120.0, gt=0)


class EmbedderSettings(ModelSettings):
    """`/v1/embeddings` in place of the embedded model; embedded when `url` is empty. Prefixes as E5 wants them.

    The word `none` is an empty prefix: a variable without a value counts as not set.
    """

    timeout: float = Field(default=30.0, gt=0)
    dimension: int | None = Field(default=None, gt=0)
    window: int = Field(default=512, gt=32)
    query_prefix: str = "query: "
    passage_prefix: str = "passage: "

    @field_validator("query_prefix", "passage_prefix")
    @classmethod
    def _no_prefix(cls, value: str) -> str:
        return "" if value.strip().lower() == "none" else value


class GeneratorSettings(ModelSettings):
    """`/v1/chat/completions` (vLLM); without one, answers are extractive.

    `url`: one, or several of the same model, separated by commas. `context_length`: overrides the server's.
    `timeout`: seconds that an answer may take before the reader gets verbatim extracts instead. `answer_tokens`: most
    tokens of an answer.
    """

    context_length: int | None = Field(default=None, gt=0)
    answer_tokens: int | None = Field(default=None, ge=64, le=8192)


class RerankerSettings(ModelSettings):
    """`/rerank` (vLLM); no reranking when `url` is empty."""

    timeout: float = Field(default=3.0, gt=0)


class ServerSettings(BaseModel):
    """The HTTP door. `max_body`: largest request body in bytes, `max_upload` that of an
    upload of documents; `max_headers`: of all headers together; `body_timeout`:
    seconds between two pieces of a body; `drain`: seconds given to open streams at shutdown; `cors_origins`: web pages that
    may call from a browser; `trusted_proxies`: addresses whose X-Forwarded-For is believed; `metrics_from`:
    networks that may fetch /metrics without a key. Lists by commas."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    max_body: int = Field(default=1_048_576, ge=1024)
    max_headers: int = Field(default=16_384, ge=1024)
    body_timeout: float = Field(default=30.0, gt=0)
    max_upload: int = Field(default=512 << 20, ge=1024)
    drain: int = Field(default=30, ge=0)
    cors_origins: str = Field(default="", pattern=r"^(https?://[\w.:\[\]-]+(\s*,\s*|$))*$")
    trusted_proxies: str = ""
    metrics_from: str = "127.0.0.0/8, ::1"


class CallSettings(BaseModel):
    """Calls a minute: `per_key` for keys without a number of their own, `per_address`, `failures` (wrong keys from an
    address). `active`: calls served at once; `waiting`: calls that may wait for it, `patience` seconds at most."""

    per_key: int = Field(default=600, ge=1)
    per_address: int = Field(default=1200, ge=1)
    failures: int = Field(default=20, ge=1)
    active: int = Field(default=64, ge=1)
    waiting: int = Field(default=256, ge=0)
    patience: float = Field(default=10.0, gt=0)


class OidcSettings(BaseModel):
    """The agency's own sign-in. `jwks`: URL or file of its signing keys; `roles`: a value of the claim `role_claim` to a
    role here (without it the values are the roles' own names); `labels`: a value of `label_claim` to a label (without it
    the values are the labels)."""

    issuer: str | None = None
    audience: str | None = None
    jwks: str | None = None
    role_claim: str = "roles"
    label_claim: str = "groups"
    roles: dict[str, Role] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len({bool(self.issuer), bool(self.audience), bool(self.jwks)}) > 1:
            raise ValueError("issuer, audience, jwks")
        return self


class OtelSettings(BaseModel):
    """Traces to the agency's own collector (OTLP over HTTP): `endpoint`, such as http://collector:4318/v1/traces."""

    endpoint: str | None = None


class AuditSettings(BaseModel):
    """The audit log. `questions`: store the words of questions, else only a keyed hash; `keep_days`: entries older than
    that are taken out, none when empty."""

    questions: bool = False
    keep_days: int | None = Field(default=None, ge=1)


class LimitSettings(BaseModel):
    """What reading one file may take, see `ingest.limits.Limits`; sizes as bytes or "300MiB". Unset: the default there."""

    file: ByteSize | None = Field(default=None, gt=0)
    unpacked: ByteSize | None = Field(default=None, gt=0)
    ratio: int | None = Field(default=None, gt=1)
    members: int | None = Field(default=None, gt=0)
    pages: int | None = Field(default=None, gt=0)
    text: int | None = Field(default=None, gt=0)
    memory: ByteSize | None = Field(default=None, ge=64 << 20)
    seconds: float | None = Field(default=None, gt=0)
    office_seconds: float | None = Field(default=None, gt=0)
    ocr_page_seconds: float | None = Field(default=None, gt=0)
    pixels: int | None = Field(default=None, gt=0)


class IngestSettings(BaseModel):
    """Reading and indexing. `workers`: parsing processes, by default one a core. `secret`: also take in documents that
    bear a mark of secrecy (MẬT, TỐI MẬT, TUYỆT MẬT), which are refused otherwise."""

    workers: int | None = Field(default=None, ge=1)
    secret: bool = False
    limits: LimitSettings = LimitSettings()


class Settings(BaseSettings):
    """Everything that an operator can set. `lexicon`: the agency's own words, by default `lexicon.tsv` in the home;
    `pepper`: the secret behind the API keys, by default a file of the home. `next_embedder`: what a re-index goes to."""

    model_config = SettingsConfigDict(
        env_prefix="PHAPQUY_",
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
    )

    home: Path = Path("var")
    database_url: str | None = None
    pepper: SecretStr | None = None
    log_level: str = "INFO"
    lexicon: Path | None = None
    qdrant: QdrantSettings = QdrantSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    next_embedder: EmbedderSettings | None = None
    generator: GeneratorSettings = GeneratorSettings()
    reranker: RerankerSettings = RerankerSettings()
    server: ServerSettings = ServerSettings()
    limits: CallSettings = CallSettings()
    oidc: OidcSettings = OidcSettings()
    otel: OtelSettings = OtelSettings()
    audit: AuditSettings = AuditSettings()
    ingest: IngestSettings = IngestSettings()

    @field_validator("server")
    @classmethod
    def _known_networks(cls, value: ServerSettings) -> ServerSettings:
        for one in value.metrics_from.split(","):
            if one.strip():
                ip_network(one.strip(), strict=False)
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        level = value.upper()
        if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("DEBUG, INFO, WARNING, ERROR")
        return level


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of this process. Raises BadRequest naming the variables that cannot be used (never their values)."""
    try:
        return Settings()
    except ValidationError as error:
        names = sorted({"PHAPQUY_" + "__".join(str(part) for part in e["loc"]).upper() for e in error.errors()})
        raise BadRequest(f"Giá trị cấu hình không dùng được: {', '.join(names)}.") from None
