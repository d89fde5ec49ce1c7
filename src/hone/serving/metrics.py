"""What the server counts, in the text form that Prometheus reads."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Metrics:
    """Counts since the start."""

    started: float = field(default_factory=time.time)
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By path and status."""
    under_way: int = 0
    seconds: float = 0.0
    """Spent on requests, all together."""
    gone: int = 0
    """Clients that went away before their answer was whole."""
    tokens: Counter[str] = field(default_factory=Counter)
    """``prompt`` and ``completion``, where the engine told them."""

    def text(self) -> str:
        """The page."""
        lines = [
            "# TYPE hone_requests_total counter",
            *(
                f'hone_requests_total{{path="{path}",status="{status}"}} {count}'
                for (path, status), count in sorted(self.requests.items())
            ),
            "# TYPE hone_requests_under_way gauge",
            f"hone_requests_under_way {self.under_way}",
            "# TYPE hone_request_seconds_total counter",
            f"hone_request_seconds_total {self.seconds:.3f}",
            "# TYPE hone_clients_gone_total counter",
            f"hone_clients_gone_total {self.gone}",
            "# TYPE hone_tokens_total counter",
            *(f'hone_tokens_total{{kind="{kind}"}} {count}' for kind, count in sorted(self.tokens.items())),
            "# TYPE hone_uptime_seconds gauge",
            f"hone_uptime_seconds {time.time() - self.started:.0f}",
        ]
        return "\n".join(lines) + "\n"
