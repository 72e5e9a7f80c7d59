"""Facts joined with notes: look a name up, search for one, explain it."""

from __future__ import annotations

from functools import cached_property, lru_cache

from knowledge.catalog.entries import Choice, Explanation, Field, Note
from knowledge.catalog.load import load_fields, load_notes
from knowledge.catalog.twins import at_home
from knowledge.facts import load_names, read_json
from knowledge.foreign import meaning
from knowledge.text import alike, shortened


class Catalog:
    """All fields and concepts. `Catalog.load()` reads the files once a process."""

    def __init__(self) -> None:
        self.fields: dict[str, Field] = load_fields()
        self.notes, self.concepts = load_notes()
        self.removed = load_names().removed
        self.axolotl: str = read_json("types.json")["axolotl"]

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> Catalog:
        """The catalog of this process."""
        return Catalog()

    def field(self, path: str) -> Field | None:
        """The facts of a path, None for none."""
        return self.fields.get(path)

    def note(self, path: str) -> Note | None:
        """The note of a path, None for none."""
        return self.notes.get(path)

    # -- names -------------------------------------------------------------------------------------------------

    @cached_property
    def _aliases(self) -> dict[str, str]:
        names = {
            alias: path for path, field in self.fields.items() for alias in field.aliases if alias not in self.fields
        }
        prefixes = {
            f"{path.rpartition('.')[0]}.{alias}": path
            for path, field in self.fields.items()
            if "." in path
            for alias in field.aliases
        }
        return {**names, **prefixes}

    @cached_property
    def _last_parts(self) -> dict[str, list[str]]:
        """Last part of a path -> the paths that end in it, the most used first."""
        index: dict[str, list[str]] = {}
        for path in sorted(self.fields, key=lambda each: (-self.fields[each].used, len(each))):
            if "." in path:
                index.setdefault(path.rpartition(".")[2], []).append(path)
        return index

    @cached_property
    def _words(self) -> dict[str, str]:
        """Other words for a field or concept -> its name."""
        index: dict[str, str] = {}
        for name, note in self.notes.items():
            for word in note.words:
                index.setdefault(word.lower().replace("-", " "), name)
        for name, note in self.concepts.items():
            for word in note.words:
                index[word.lower().replace("-", " ")] = name
        return index

    @cached_property
    def _concept_names(self) -> dict[str, str]:
        return {name.lower().replace("-", " "): name for name in self.concepts}

    def resolve(self, name: str) -> tuple[str | None, str]:
        """What a name stands for, and how it was understood ("" when it was the name itself)."""
        asked = name.strip().strip("`").strip().rstrip(":")
        plain = _pattern(asked)
        if plain in self.fields:
            return plain, ""
        if plain.endswith("[]") and plain[:-2] in self.fields:
            return plain[:-2], ""
        if plain in self._aliases:
            return self._aliases[plain], f"`{asked}` is another name of it."
        lower = asked.lower().replace("-", " ")
        if lower in self._concept_names:
            return self._concept_names[lower], ""
        snake = asked.lower().replace("-", "_").replace(" ", "_")
        if snake in self.fields:
            return snake, ""
        removed = self.removed.get(plain)
        if removed is not None and removed.get("replacement") in self.fields:
            return removed[
                "replacement"
            ], f"`{asked}` was removed or renamed. Axolotl's name now is `{removed['replacement']}`."
        if lower in self._words:
            return self._words[lower], ""
        foreign = meaning(asked)
        if foreign is not None and foreign.field in self.fields:
            whose = f"a name from {' and '.join(foreign.trainers)}" if foreign.trainers else "not an Axolotl name"
            return foreign.field, f"`{asked}` is {whose}. Axolotl's is `{foreign.field}`."
        if snake in self._last_parts:
            return self._last_parts[snake][0], ""
        return None, ""

    # -- search ------------------------------------------------------------------------------------------------

    @cached_property
    def _by_use(self) -> list[str]:
        return sorted(self.fields, key=lambda path: (-self.fields[path].used, path))

    @cached_property
    def _search_keys(self) -> list[tuple[str, str, str]]:
        """(lower name, last part, value) of everything that can be asked for, the most used first."""
        names = [*self._by_use, *self.concepts]
        return [(name.lower(), name.lower().rpartition(".")[2], name) for name in names]

    def search(self, prefix: str, limit: int = 25) -> list[Choice]:
        """What an autocomplete shows: nothing typed, the most used; else prefix, part, words, then typos."""
        wanted = prefix.strip().strip("`").lower()
        if not wanted:
            return [self._choice(path) for path in self._by_use[:limit]]
        snake = wanted.replace(" ", "_").replace("-", "_")
        found: dict[str, None] = {}
        exact, _ = self.resolve(prefix)
        if exact is not None:
            found[exact] = None
        starts = [value for name, last, value in self._search_keys if name.startswith((snake, wanted))]
        lasts = [value for name, last, value in self._search_keys if last.startswith((snake, wanted))]
        inside = [value for name, last, value in self._search_keys if snake in name or wanted in name]
        for value in (*starts, *lasts, *inside):
            found[value] = None
        if len(found) < limit:
            found.update(dict.fromkeys(self._by_words(wanted)))
        if len(found) < limit and len(wanted) > 2:
            found.update(dict.fromkeys(self.nearest(wanted, limit)))
        return [self._choice(value) for value in list(found)[:limit]]

    def nearest(self, name: str, limit: int = 5) -> list[str]:
        """The names most like a misspelled one, best first."""
        wanted = name.lower().replace("-", "_").replace(" ", "_")
        pool = {value: lower for lower, _, value in self._search_keys}
        lasts = {value: last for _, last, value in self._search_keys}
        best = alike(wanted, pool, limit=limit, cutoff=70) + alike(wanted, lasts, limit=limit, cutoff=82)
        best.sort(key=lambda each: -each[0])
        return list(dict.fromkeys(value for _, value in best))[:limit]

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        """(words of the summary and other words, name), concepts first."""
        entries = [*self.concepts.items(), *((path, self.notes[path]) for path in self._by_use if path in self.notes)]
        return [(f" {' '.join((*note.words, note.summary)).lower()}", name) for name, note in entries]

    def _by_words(self, wanted: str) -> list[str]:
        words = [word for word in wanted.replace("_", " ").split() if len(word) > 1]
        if not words:
            return []
        return [name for text, name in self._texts if all(f" {word}" in text for word in words)][:25]

    def _choice(self, name: str) -> Choice:
        note = self.notes.get(name) or self.concepts.get(name)
        label = f"{name} · {note.summary}" if note else name
        return Choice(name=shortened(label, 100), value=name[:100])

    # -- explain -----------------------------------------------------------------------------------------------

    def explain(self, name: str) -> Explanation:
        """Everything known of a field or concept; `kind` is None, with the nearest names, when there is nothing."""
        target, origin = self.resolve(name)
        if target is None:
            near = tuple(self.nearest(name))
            return Explanation(name=name, kind=None, nearest=near, axolotl=self.axolotl)
        if target in self.concepts:
            note = self.concepts[target]
            return Explanation(
                name=name,
                kind="concept",
                path=target,
                summary=note.summary,
                text=note.text,
                pitfalls=note.pitfalls,
                example=note.example,
                see=note.see,
                origin=origin,
                axolotl=self.axolotl,
            )
        field, found = self.fields[target], self.notes.get(target)
        note = at_home(target, found or Note(summary=""))
        others = tuple(path for path in self._last_parts.get(target.rpartition(".")[2], ()) if path != target)
        return Explanation(
            name=name,
            kind="field",
            path=target,
            summary=note.summary,
            text=note.text,
            type=field.type,
            default=field.default,
            choices=field.choices,
            open_choices=field.open_choices,
            bounds=field.bounds,
            raising=note.raising,
            lower=note.lower,
            costs=note.costs,
            pitfalls=note.pitfalls,
            example=note.example,
            left_out=note.left_out,
            modes=note.modes.sentence,
            see=note.see,
            since=field.since,
            plugin=field.plugin,
            deprecated=field.deprecated,
            replaced_by=field.replaced_by,
            required=field.required,
            origin=origin,
            nearest=others[:5],
            axolotl=self.axolotl,
        )


def _pattern(path: str) -> str:
    """`datasets[0].type` -> `datasets[].type`."""
    if "[" not in path:
        return path
    parts = path.split("[")
    return parts[0] + "".join(f"[]{part.partition(']')[2]}" for part in parts[1:])
