package ai.mariner.rest;

import ai.mariner.core.message.Reply;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Headers that many answers have, with their bytes. Immutable. */
final class StandardHeaders {
  private final List<Reply.Header> list;
  private final byte[] lines;

  StandardHeaders(List<Reply.Header> headers) {
    StringBuilder text = new StringBuilder();
    for (Reply.Header header : headers) {
      text.append(header.name()).append(": ").append(header.value()).append("\r\n");
    }
    this.list = List.copyOf(headers);
    this.lines = text.toString().getBytes(StandardCharsets.UTF_8);
  }

  List<Reply.Header> list() {
    return list;
  }

  void write(ByteBuf out) {
    out.writeBytes(lines);
  }
}
