"""The reading half of a model of the API server: objects by path, from which each kind of model writes its own way."""

import copy
from collections.abc import Mapping
from typing import ClassVar, Self

from identity.cluster.api import ClusterApi, Object


class ServedObjects(ClusterApi):
    """Each cluster is a class of its own, because the code under test makes the instances."""

    objects: ClassVar[dict[str, Object]] = {}
    writes: ClassVar[list[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def get(self, path: str) -> Object | None:
        return copy.deepcopy(self.objects.get(path))

    def _collected(self, path: str) -> list[Object]:
        found = [one for name, one in sorted(self.objects.items()) if name.rpartition("/")[0] == path]
        return copy.deepcopy(found)

    def find(self, path: str) -> list[Object] | None:
        return self._collected(path)

    def list(
        self, path: str, *, metadata_only: bool = True, selectors: Mapping[str, str] | None = None
    ) -> list[Object]:
        return self._collected(path)
