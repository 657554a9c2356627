"""Which ids of a provider's list are one model, so that it is shown and counted once. Pure: no Django, no I/O.

Three things say so: the package, the list itself (some name other ids of an item), and the spelling: an id with a
vendor before it and the same id without, as in `openai/gpt-4o` and `gpt-4o`. Two vendors' ids that end alike are two
models, for the second one may have changed what it offers.
"""

from collections.abc import Collection, Iterable, Mapping

from providers.listing import Facts


def grouped(
    listed: Mapping[str, Facts], packaged: Mapping[str, Collection[str]], known: Collection[str]
) -> dict[str, Facts]:
    """The models of a list by their main id, with the other ids under `aliases`.

    `packaged` has the other ids of packaged models, which stay what they are called; `known` are the ids of all models
    that are there already, which keep theirs where the spelling alone would choose another.
    """
    mains = _mains(listed, packaged, known)
    groups: dict[str, list[str]] = {}
    for written in listed:
        groups.setdefault(mains.get(written, written), []).append(written)
    return {main: _one(main, ids, listed, packaged.get(main, ())) for main, ids in groups.items()}


def _one(main: str, ids: list[str], listed: Mapping[str, Facts], others: Collection[str]) -> Facts:
    """What is said of a model under all of its ids; what stands under the main one counts most."""
    said: Facts = {}
    for written in sorted(ids, key=lambda written: written == main):
        said |= {name: value for name, value in listed[written].items() if value or name not in said}
    named = {other for written in ids for other in listed[written].get("aliases", ())}
    aliases = {*ids, *others, *named} - {main}
    return said | ({"aliases": sorted(aliases)} if aliases else {})


def _mains(
    listed: Mapping[str, Facts], packaged: Mapping[str, Collection[str]], known: Collection[str]
) -> dict[str, str]:
    """The main id of every id that is another one's."""
    mains = {other: main for main, others in packaged.items() for other in others if other not in packaged}
    for written, said in listed.items():
        for other in said.get("aliases", ()):
            # Lists name them both ways round: the first one is the model.
            if other in listed and other not in packaged and written not in mains:
                mains.setdefault(other, written)
    for bare, full in _spelled_alike(listed):
        if bare in mains or full in mains or (bare in packaged and full in packaged):
            continue
        if bare in packaged or (bare in known and full not in known and full not in packaged):
            mains[full] = bare
        else:
            mains[bare] = full
    return mains


def _spelled_alike(listed: Iterable[str]) -> list[tuple[str, str]]:
    """Bare ids, each with the id that has a vendor before it; none of which two vendors have one."""
    full: dict[str, list[str]] = {}
    for written in listed:
        vendor, _, name = written.partition("/")
        if vendor and name and "/" not in name:
            full.setdefault(name.lower(), []).append(written)
    bare = [(written, full.get(written.lower(), [])) for written in listed if "/" not in written]
    return [(written, those[0]) for written, those in bare if len(those) == 1]
