"""Headers of CloudEvents: what loggers of payloads, as Seldon's, read of requests and answers."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

SPECIFICATION = "0.3"
_PLAIN = string.punctuation
_LONGEST_ID = 256
_KIND = "io.seldon.serving.inference"
_SOURCE = "io.seldon.serving.deployment"
_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class EventHeaders:
    """The headers of one model.

    Args:
        server: `server_name` of the settings.
        model: name of the model.
        namespace: file that names Kubernetes' namespace, if it is there.
    """

    def __init__(self, server: str, model: str, namespace: Path = _NAMESPACE) -> None:
        try:
            space = namespace.read_text(encoding="utf-8").strip()
        except OSError:
            space = ""
        server = quote(server, safe=_PLAIN, errors="replace")
        common = {
            "Ce-Specversion": SPECIFICATION,
            "Ce-Source": f"{_SOURCE}.{server}" + (f".{space}" if space else ""),
            "Ce-Modelid": model,
            "Ce-Inferenceservicename": server,
            "Ce-Endpoint": model,
        }
        if space:
            common["Ce-Namespace"] = space
        self._request = {**common, "Ce-Type": f"{_KIND}.request"}
        self._answer = {**common, "Ce-Type": f"{_KIND}.response"}

    @staticmethod
    def _named(request_id: str) -> Mapping[str, str]:
        # Clients choose ids; not all of them can be a header's value.
        if len(request_id) > _LONGEST_ID:
            return {}
        told = quote(request_id, safe=_PLAIN, errors="replace")
        return {"Ce-Id": told, "Ce-Requestid": told}

    def of_request(self, request_id: str) -> Mapping[str, str]:
        """Returns those that a request has, as the model sees it."""
        return {**self._request, **self._named(request_id)}

    def of_answer(self, request_id: str) -> Mapping[str, str]:
        """Returns those of an answer."""
        return {**self._answer, **self._named(request_id)}
