"""The panels made so far, so that sending a message does not make one again. Pure: no Django, no I/O."""

from providers.parameters.panel import ModelFacts, Panel

# More than all providers together list; beyond, it begins anew.
MOST = 5000

_panels: dict[str, tuple[ModelFacts, Panel]] = {}


def panel_of(facts: ModelFacts) -> Panel:
    """The panel of a model with these facts; the one of before, unless they changed."""
    known, panel = _panels.get(facts.model_id, (None, None))
    if panel is None or known != facts:
        if len(_panels) >= MOST:
            _panels.clear()
        panel = Panel(facts)
        _panels[facts.model_id] = facts, panel
    return panel
