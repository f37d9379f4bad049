package ai.mariner.worker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.worker.WorkerError;
import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ReplyDecoderTest {
  private static final int MAX_RESPONSE_BYTES = 1 << 20;

  private final ReplyDecoder decoder = new ReplyDecoder(MAX_RESPONSE_BYTES);
  private final RecordingHandler handler = new RecordingHandler();

  @ParameterizedTest
  @MethodSource("ai.mariner.worker.wire.WireVectors#fromWorker")
  void readsEveryFrameOfTheWorker(WireVectors.Vector vector) {
    ByteBuf in = vector.buffer();

    assertThat(decoder.decode(in, handler)).isZero();

    assertThat(handler.calls).containsExactly(expected(vector));
    assertThat(in.isReadable()).isFalse();
    assertFreed(in);
  }

  @ParameterizedTest
  @MethodSource("ai.mariner.worker.wire.WireVectors#fromFrontend")
  void refusesFramesThatOnlyTheFrontendSends(WireVectors.Vector vector) {
    if (vector.type() == FrameType.HEARTBEAT) {
      assertThat(decoder.decode(vector.buffer(), handler)).isZero();
      return;
    }
    assertThatThrownBy(() -> decoder.decode(vector.buffer(), handler))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("expected: a worker's frame");
    assertThat(handler.calls).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("ai.mariner.worker.wire.WireVectors#invalid")
  void refusesInvalidFrames(WireVectors.Vector vector) {
    ByteBuf in = vector.buffer();

    assertThatThrownBy(() -> decoder.decode(in, handler)).isInstanceOf(WireException.class);

    assertThat(handler.calls).isEmpty();
    assertFreed(in);
  }

  @ParameterizedTest
  @MethodSource("ai.mariner.worker.wire.WireVectors#fromWorker")
  void asksForMoreAtEveryPrefix(WireVectors.Vector vector) {
    byte[] bytes = vector.bytes();
    for (int length = 0; length < bytes.length; length++) {
      ByteBuf in = Unpooled.copiedBuffer(bytes, 0, length);

      int whole = decoder.decode(in, handler);

      assertThat(whole).isEqualTo(length < Frame.HEADER_BYTES ? Frame.HEADER_BYTES : bytes.length);
      assertThat(in.readableBytes()).isEqualTo(length);
      assertFreed(in);
    }
    assertThat(handler.calls).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("ai.mariner.worker.wire.WireVectors#incomplete")
  void asksForTheWholeOfAnIncompleteFrame(WireVectors.Vector vector) {
    int there = vector.bytes().length;
    int whole = decoder.decode(vector.buffer(), handler);
    JsonNode missing = vector.json().path("missing");
    assertThat(whole)
        .isEqualTo(there < Frame.HEADER_BYTES ? Frame.HEADER_BYTES : there + missing.asInt());
    assertThat(handler.calls).isEmpty();
  }

  @Test
  void readsFramesThatFollowEachOther() {
    List<WireVectors.Vector> vectors = WireVectors.fromWorker().toList();
    ByteBuf in = Unpooled.buffer();
    vectors.forEach(vector -> in.writeBytes(vector.bytes()));

    while (in.isReadable()) {
      assertThat(decoder.decode(in, handler)).isZero();
    }

    assertThat(handler.calls).isEqualTo(vectors.stream().map(ReplyDecoderTest::expected).toList());
    assertFreed(in);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    // The hardest cases for arithmetic: lengths and counts next to the bounds of an int.
    "RESULT of 2^31-1 bytes,          7fffffff 01230000 00000001 0000000000000007 00010000",
    "RESULT of 2^31-4 bytes,          7ffffffc 01230000 00000001 0000000000000007 00010000",
    "RESULT of 2^32-1 bytes,          ffffffff 01230000 00000001 0000000000000007 00000001",
    "RESULT of 2^31 bytes,            80000000 01230000 00000001 0000000000000007 00000001",
    "RESULT over what a count allows, 00200014 01230000 00000001 0000000000000007 00000000",
    "RESULT over one item's limit,    00300000 01230000 00000001 0000000000000007 00000001",
    "PIECE of 2^31-1 items,           00000014 01240000 00000001 0000000000000007 7fffffff",
    "PIECE of -1 items,               00000014 01240000 00000001 0000000000000007 ffffffff",
    "PIECE of 65537 items,            00000014 01240000 00000001 0000000000000007 00010001",
    "RESULT of 65536 absent items,    00000014 01230000 00000001 0000000000000007 00010000",
    "HELLO of 17 MiB,                 01100000 01010000 00000000 0000000000000000 00000000",
    "LOADED of 2^31-1 bytes,          7fffffff 01110000 00000000 0000000000000000 00000000",
    "HEARTBEAT of 17 MiB,             01100000 01300000 00000000 0000000000000000 00000000",
    "HEARTBEAT with a payload,        00000015 01300000 00000000 0000000000000001 00000000 00",
    "UNLOADED with a payload,         00000015 01130000 00000000 0000000000000001 00000000 00",
  })
  void refusesHostileLengthsAtTheHeader(String name, String hex) {
    ByteBuf in = frame(hex);
    assertThatThrownBy(() -> decoder.decode(in, handler))
        .as(name)
        .isInstanceOf(WireException.class)
        .hasMessageMatching(".*(expected|too many).*");
    assertFreed(in);
  }

  @Test
  void waitsForTheLargestFrameThatTheLimitAllows() {
    int largest = Frame.REST_BYTES + MAX_RESPONSE_BYTES + (1 << 20);
    ByteBuf in = frame("00000000 01230000 00000001 0000000000000007 00000001").setInt(0, largest);
    assertThat(decoder.decode(in, handler)).isEqualTo(largest + Frame.LENGTH_BYTES);

    in.setInt(0, largest + 1);
    assertThatThrownBy(() -> decoder.decode(in, handler))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("expected: at most " + largest);
  }

  @Test
  void givesTheFirstBodiesBackWhenALaterItemIsBroken() {
    ByteBuf in =
        frame(
            "0000004a 01230000 00000001 0000000000000007 00000002"
                + " 0000000000000001 0000 00 00 0000 0000 00000000 00000003 616263"
                + " 0000000000000002 0000 00 00 0000 0000 00000000 00000009 616263");
    assertThatThrownBy(() -> decoder.decode(in, handler)).isInstanceOf(WireException.class);
    assertFreed(in);
  }

  @Test
  void takesAnUnknownErrorCodeForAnError() {
    ByteBuf in =
        frame(
            "0000002c 01230000 00000001 0000000000000007 00000001"
                + " 0000000000000001 0000 00 c8 0000 0000 00000000 00000000");
    assertThat(decoder.decode(in, handler)).isZero();
    assertThat(handler.items.get(0).error()).isEqualTo(WorkerError.HANDLER_EXCEPTION);
  }

  private static ByteBuf frame(String hex) {
    return Unpooled.wrappedBuffer(java.util.HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  private static void assertFreed(ByteBuf in) {
    assertThat(in.refCnt()).isEqualTo(1);
    in.release();
  }

  /** What the handler is told, written from the vector's description. */
  static String expected(WireVectors.Vector vector) {
    JsonNode frame = vector.frame();
    return switch (vector.type()) {
      case HELLO, LOADED -> {
        TreeMap<String, String> fields = new TreeMap<>();
        frame.path("fields").forEach(pair -> fields.put(pair.get(0).asText(), text(pair.get(1))));
        yield vector.type() + " " + frame.path("model").asText() + " " + fields;
      }
      case RESULT, PIECE -> {
        boolean spent = (frame.path("flags").asInt() & 1) != 0;
        List<String> lines = new ArrayList<>();
        lines.add(vector.type() + " " + frame.path("run").asText() + (spent ? " spent" : ""));
        vector.items().forEach(item -> lines.add("  " + expectedItem(item)));
        yield String.join("\n", lines);
      }
      default ->
          vector.type() + " " + frame.path("model").asText() + " " + frame.path("run").asText();
    };
  }

  private static String expectedItem(JsonNode item) {
    int status = item.path("status").asInt();
    List<String> headers = new ArrayList<>();
    item.path("headers").forEach(pair -> headers.add(text(pair.get(0)) + "=" + text(pair.get(1))));
    return String.join(
        "|",
        item.path("id").asText(),
        status == 0 ? "null" : Integer.toString(status),
        (item.path("flags").asInt() & 1) != 0 ? "end" : "more",
        String.valueOf(WorkerError.ofCode(item.path("error").asInt())),
        item.path("reason").asText("null"),
        item.path("type").asText("null"),
        headers.toString(),
        item.path("body").asText());
  }

  private static String text(JsonNode node) {
    return node.asText();
  }
}
