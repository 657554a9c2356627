"""Puts a preset into the composer, as far as the person's models take it."""

from chat.composer import Composer
from chat.models import Preset
from providers.catalogue import resolve
from providers.models import LanguageModel
from providers.parameters import Moved, move


def apply(composer: Composer, preset: Preset) -> Composer:
    """This composer with the preset's settings; what was typed as the message stays. Nothing is stored by it."""
    model, notes = _model(composer, preset)
    if model:
        # The way that settings take to another model: its own may take less than it did when they were saved.
        old = preset.language_model or model
        moved = move(preset.parameters, old.panel, model.panel)
    else:
        moved = Moved(left_out=preset.parameters)
    composer.language_model = model
    composer.model_written = model.model_id if model else preset.model_id
    composer.system_prompt = preset.system_prompt
    composer.written = moved.written
    composer.moved = Moved(moved.written, moved.left_out, [*notes, *moved.changes])
    return composer


def _model(composer: Composer, preset: Preset) -> tuple[LanguageModel | None, list[str]]:
    """The preset's model; where the person has no such model, the one that is chosen."""
    visible = LanguageModel.objects.visible_to(composer.user).select_related("provider")
    same = visible.filter(pk=preset.language_model_id).first() if preset.language_model_id else None
    found = same or resolve(composer.user, preset.model_id, None)
    if found:
        return found, []
    kept = composer.language_model
    instead = f" {kept.model_id} stays chosen." if kept else " Choose another one above."
    return kept, [f"No provider here has a model called “{preset.model_id}”.{instead}"]
