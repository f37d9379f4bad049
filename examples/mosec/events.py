"""Words as they come, as server-sent events, of a pipeline whose last stage streams."""

from __future__ import annotations

from ts.compat.mosec import Server, SSEWorker, ValidationError, Worker


class Read(Worker):
    """Checks the request."""

    def forward(self, data: dict[str, str]) -> str:
        text = data.get("text")
        if not isinstance(text, str):
            raise ValidationError("text: missing")
        return text


class Speak(SSEWorker):
    """Tells each word of each request of the batch."""

    def forward(self, data: list[str]) -> list[str]:
        for index, text in enumerate(data):
            for word in text.split():
                self.send_stream_event(word, index)
        return data


def make_server() -> Server:
    server = Server()
    server.append_worker(Read)
    server.append_worker(Speak, max_batch_size=4, max_wait_time=5)
    return server


if __name__ == "__main__":
    make_server().run()
