"""The catalog: what a user writes, loaded, typed and checked.

`load` is the door. The typed classes are in the files of this folder, one subject each; `document`, `refusal` and
`templates` serve the loading, `check` what no single part can know of itself.
"""

from .catalog import Catalog
from .load import load

__all__ = ["Catalog", "load"]
