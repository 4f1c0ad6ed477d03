"""What every section of `config.yaml` is: frozen, and refusing keys it does not know."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of each stage's settings; a stage defines its own beside its code and gets only that."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
