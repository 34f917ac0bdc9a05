"""Reads the YAML files into frozen models and gives them one hash. Nothing else reads configuration files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from configs.platform_schema import Platform
from configs.schema import Calendar, Guardrails, Settings

CONFIG_FOLDER = Path(__file__).parent
CONFIRMED = "confirmed.yaml"
NOWHERE = "-"  # no platform has this name: an event of time zones that no platform keeps
Model = TypeVar("Model", bound=BaseModel)


class ConfigError(ValueError):
    """A configuration file cannot be used; the message names the file, the key, the value and the remedy."""


def load_settings(home_root: Path | None = None) -> Settings:
    """Return the packaged settings with ``<home>/settings.yaml`` laid over them, key by key, and what was confirmed."""
    settings = _with_required(_load(Settings, "settings.yaml", home_root))
    path = None if home_root is None else home_root / CONFIRMED
    if path is None or not path.exists():
        return settings
    return _validate(Settings, settings.model_dump() | {"confirmed": read_yaml(path)}, path)


def _with_required(settings: Settings) -> Settings:
    """Fill in which daily report a platform must deliver, where the shop does not say: keywords, or plans where it has none."""
    known = load_platforms()
    uses = {}
    for name, use in settings.platforms.items():
        kinds = {kind for spec in known[name].reports for kind in spec.kinds} if name in known else set()
        told = "required" in use.model_fields_set or "keyword_daily" in kinds or "placement_daily" not in kinds
        uses[name] = use if told else use.model_copy(update={"required": ("placement_daily",)})
    return settings.model_copy(update={"platforms": uses})


def load_guardrails(home_root: Path | None = None) -> Guardrails:
    """Return the guardrails, the home's own over the packaged ones."""
    return _load(Guardrails, "guardrails.yaml", home_root)


def load_calendar(home_root: Path | None = None) -> Calendar:
    """Return promotions and outages, the home's own over the packaged ones."""
    return _with_platforms(_load(Calendar, "calendar.yaml", home_root))


def _with_platforms(calendar: Calendar) -> Calendar:
    """Name the platforms of each event that tells time zones only."""
    clocks = {name: model.time_zone for name, model in load_platforms().items()}
    events = []
    for event in calendar.events:
        names = tuple(name for name, clock in clocks.items() if clock in event.time_zones) or (NOWHERE,)
        is_open = bool(event.time_zones) and not event.platforms
        events.append(event.model_copy(update={"platforms": names}) if is_open else event)
    return calendar.model_copy(update={"events": tuple(events)})


@lru_cache(maxsize=4)
def load_platforms(folder: Path = CONFIG_FOLDER / "platforms") -> dict[str, Platform]:
    """Return every platform file of ``folder`` by name, in name order."""
    found: dict[str, Platform] = {}
    for path in sorted(folder.glob("*.yaml")):
        platform = _validate(Platform, read_yaml(path), path)
        if platform.name != path.stem:
            raise ConfigError(f"{path}: name is {platform.name!r}, it must be the file's stem {path.stem!r}")
        found[platform.name] = platform
    return found


def choose_bid_files(platforms: Mapping[str, Platform], settings: Settings) -> dict[str, Platform]:
    """Return the platforms with the bid files that the shop wants: those it names, else all that are no alternative."""
    chosen = {}
    for name, platform in platforms.items():
        use = settings.platforms.get(name)
        wanted = () if use is None else use.upload
        known = {spec.name for spec in platform.bid_files}
        if not set(wanted) <= known:
            raise ConfigError(
                f"settings.yaml: platforms.{name}.upload names {sorted(set(wanted) - known)}; {name} can write "
                f"{', '.join(sorted(known)) or 'no file'}. Mend the key and run again."
            )
        files = [spec for spec in platform.bid_files if (spec.name in wanted if wanted else not spec.is_alternative)]
        chosen[name] = platform.model_copy(update={"bid_files": tuple(files)})
    return chosen


def config_hash(*models: BaseModel | dict[str, Platform]) -> str:
    """Return one sha256 over all models, independent of key order.

    ``threads`` is left out: it may not change a result, so it may not change a receipt either.
    """
    parts = []
    for model in models:
        if isinstance(model, BaseModel):
            parts.append(model.model_dump(mode="json", exclude={"threads", "lease_wait_seconds", "messages_to"}))
        else:
            parts.append({name: platform.model_dump(mode="json") for name, platform in sorted(model.items())})
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in ``path``; an empty file is an empty mapping."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {error}. Mend or remove the file.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds a {type(content).__name__}, not a mapping of keys. Mend or remove the file.")
    return content


def _load(model: type[Model], name: str, home_root: Path | None) -> Model:
    content = read_yaml(CONFIG_FOLDER / name)
    own = home_root / name if home_root is not None else None
    if own is not None and own.exists():
        return _validate(model, _overlay(content, read_yaml(own)), own)
    return _validate(model, content, CONFIG_FOLDER / name)


def _overlay(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        old = merged.get(key)
        merged[key] = _overlay(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _validate(model: type[Model], content: dict[str, Any], path: Path) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']} (value: {str(item.get('input'))[:60]!r})"
            for item in error.errors()[:5]
        ]
        more = error.error_count() - len(lines)
        tail = f"\n  and {more} more" if more > 0 else ""
        raise ConfigError(
            f"{path} is not valid:\n" + "\n".join(lines) + tail + "\nMend these keys and run again."
        ) from error
