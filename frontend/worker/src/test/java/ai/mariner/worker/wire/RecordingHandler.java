package ai.mariner.worker.wire;

import ai.mariner.core.message.Reply;
import ai.mariner.core.worker.ItemReply;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes down what was decoded, as text, and gives the bodies back. */
final class RecordingHandler implements ReplyHandler {
  final List<String> calls = new ArrayList<>();
  final List<ItemReply> items = new ArrayList<>();

  @Override
  public void fields(FrameType type, int model, Map<String, String> fields) {
    calls.add(type + " " + Integer.toUnsignedString(model) + " " + new TreeMap<>(fields));
  }

  @Override
  public void replies(FrameType type, int model, long run, List<ItemReply> replies, boolean spent) {
    StringBuilder text = new StringBuilder(type + " " + hex(run) + (spent ? " spent" : ""));
    for (ItemReply item : replies) {
      text.append("\n  ").append(describe(item));
      item.reply().body().release();
    }
    items.addAll(replies);
    calls.add(text.toString());
  }

  @Override
  public void bare(FrameType type, int model, long run) {
    calls.add(type + " " + model + " " + hex(run));
  }

  private static String describe(ItemReply item) {
    Reply reply = item.reply();
    return String.join(
        "|",
        hex(item.itemId()),
        String.valueOf(reply.status()),
        item.ended() ? "end" : "more",
        String.valueOf(item.error()),
        String.valueOf(reply.reason()),
        String.valueOf(reply.contentType()),
        reply.headers().stream().map(h -> h.name() + "=" + h.value()).toList().toString(),
        HexFormat.of().formatHex(bytes(reply.body().bytes())));
  }

  static String hex(long number) {
    return HexFormat.of().toHexDigits(number);
  }

  static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
