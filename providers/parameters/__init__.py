"""The parameters a model takes: which controls to show, and what is sent for what was written in them.

`definitions` and `words` say what a parameter is, `fields` which of them a model has, `values` and `shapes` what may be
written, `rules` what goes together, `panel` what is sent for it, `controls` how it is shown, and `moving` what becomes
of settings that come from another model or a request. Pure: no Django, and no I/O but to read its own data once.
"""

from providers.parameters.controls import Control, Group, Shown, shown
from providers.parameters.known import panel_of
from providers.parameters.moving import Moved, move, take
from providers.parameters.panel import ModelFacts, Panel, ParameterError, Reading

__all__ = [
    "Control",
    "Group",
    "ModelFacts",
    "Moved",
    "Panel",
    "ParameterError",
    "Reading",
    "Shown",
    "move",
    "panel_of",
    "shown",
    "take",
]
