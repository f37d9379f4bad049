package ai.mariner.worker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Sequence;
import ai.mariner.core.worker.RunItem;
import ai.mariner.net.NettyBody;
import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandEncoderTest {
  private static final long NOW = 1_000_000_000L;
  private static final long FOREVER = Long.MAX_VALUE;

  private final CommandEncoder encoder = new CommandEncoder(UnpooledByteBufAllocator.DEFAULT);

  /** The two places where a body can be. */
  enum Kind {
    HEAP(Body::of),
    JOINED(
        bytes -> {
          ByteBuffer whole = ByteBuffer.wrap(bytes);
          int middle = bytes.length / 2;
          ByteBuffer end = whole.slice(middle, bytes.length - middle);
          return Body.joined(List.of(whole.slice(0, middle), end), Body.empty());
        }),
    NETTY(bytes -> NettyBody.owning(Unpooled.copiedBuffer(bytes))),
    NETTY_WITH_OFFSET(
        bytes -> NettyBody.owning(Unpooled.copiedBuffer(new byte[7], bytes).skipBytes(7)));

    final Function<byte[], Body> maker;

    Kind(Function<byte[], Body> maker) {
      this.maker = maker;
    }
  }

  record Item(
      InferenceRequest request,
      long deadlineNanos,
      int credits,
      boolean alone,
      int route,
      boolean entry,
      boolean exit)
      implements RunItem {
    Item(InferenceRequest request, long deadlineNanos, int credits) {
      this(request, deadlineNanos, credits, false, 0, false, false);
    }

    Item sentAlone() {
      return new Item(request, deadlineNanos, credits, true, route, entry, exit);
    }
  }

  static Stream<WireVectors.Vector> runs() {
    return WireVectors.fromFrontend()
        .filter(vector -> operation(vector.type()) != null)
        .filter(CommandEncoderTest::written);
  }

  /** Whether it has none but known flags. */
  private static boolean written(WireVectors.Vector vector) {
    return (vector.frame().path("flags").asInt() & ~1) == 0;
  }

  static Stream<WireVectors.Vector> fields() {
    return WireVectors.fromFrontend().filter(vector -> vector.type() == FrameType.LOAD);
  }

  @Test
  void findsVectorsForEveryOperation() {
    assertThat(runs().map(WireVectors.Vector::type))
        .hasSizeGreaterThanOrEqualTo(7)
        .contains(FrameType.PREDICT, FrameType.EXPLAIN, FrameType.DESCRIBE);
  }

  @ParameterizedTest
  @MethodSource("runs")
  void writesRunsAsTheVectors(WireVectors.Vector vector) {
    for (Kind kind : Kind.values()) {
      List<Item> items = vector.items().stream().map(json -> item(json, kind)).toList();
      JsonNode frame = vector.frame();
      if (frame.path("flags").asInt() == 1) {
        items = items.stream().map(Item::sentAlone).toList();
      }

      byte[] bytes =
          taken(
              encoder.run(
                  frame.path("model").asInt(),
                  Long.parseUnsignedLong(frame.path("run").asText(), 16),
                  operationOf(vector),
                  items,
                  NOW));

      assertThat(hex(bytes)).as(kind.name()).isEqualTo(hex(vector.bytes()));
    }
  }

  @ParameterizedTest
  @MethodSource("fields")
  void writesFieldsAsTheVectors(WireVectors.Vector vector) {
    Map<String, String> fields = new LinkedHashMap<>();
    JsonNode frame = vector.frame();
    frame.path("fields").forEach(pair -> fields.put(pair.get(0).asText(), pair.get(1).asText()));

    ByteBuf out = encoder.fields(vector.type(), (int) frame.path("model").asLong(), fields);

    assertThat(hex(taken(List.of(out)))).isEqualTo(hex(vector.bytes()));
  }

  @Test
  void writesFramesWithoutPayloadAsTheVectors() {
    assertVector("unload", encoder.bare(FrameType.UNLOAD, 1, 0));
    assertVector("heartbeat", encoder.bare(FrameType.HEARTBEAT, 0, -1L));
    assertVector("stop", encoder.bare(FrameType.STOP, 0, 0));
  }

  @Test
  void writesCreditAndCancel() {
    assertVector("credit", encoder.credit(0, 0, 5, 16));
    assertThat(hex(taken(List.of(encoder.cancel(1, 7, 9, 2)))))
        .isEqualTo(
            "0000001d" + "01260000" + "00000001" + digits(7) + "00000001" + digits(9) + "02");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void sendsLargeBodiesFromWhereTheyAre(Kind kind) {
    byte[] large = randomBytes(100_000);
    byte[] small = randomBytes(8 * 1024);
    byte[] larger = randomBytes(300_001);
    InferenceRequest first = request(1, part(kind, large), part(kind, small));
    InferenceRequest second = request(2, part(kind, small), part(kind, larger));
    List<Item> items = List.of(new Item(first, FOREVER, 0), new Item(second, FOREVER, 0));

    List<ByteBuf> buffers = encoder.run(3, 4, Operation.PREDICT, items, NOW);

    assertThat(buffers).hasSize(4);
    assertThat(buffers.get(1)).isEqualTo(Unpooled.wrappedBuffer(large));
    assertThat(buffers.get(3)).isEqualTo(Unpooled.wrappedBuffer(larger));
    if (kind != Kind.HEAP && kind != Kind.JOINED) {
      ByteBuf source = ((NettyBody) first.parts().get(0).body()).buffer();
      assertThat(buffers.get(1).array()).isSameAs(source.array());
      assertThat(source.refCnt()).isEqualTo(2);
    }
    assertThat(Arrays.equals(taken(buffers), expected(items))).isTrue();
    if (kind != Kind.HEAP && kind != Kind.JOINED) {
      first.parts().forEach(p -> assertThat(((NettyBody) p.body()).buffer().refCnt()).isOne());
    }
  }

  @Test
  void keepsItsOwnHoldOnLargeBodies() {
    byte[] large = randomBytes(50_000);
    InferenceRequest request = request(1, part(Kind.NETTY, large));
    List<ByteBuf> buffers =
        encoder.run(1, 1, Operation.PREDICT, List.of(new Item(request, FOREVER, 0)), NOW);

    request.release();

    assertThat(buffers.get(1)).isEqualTo(Unpooled.wrappedBuffer(large));
    ByteBuf body = ((NettyBody) request.parts().get(0).body()).buffer();
    taken(buffers);
    assertThat(body.refCnt()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8 * 1024 - 1, 8 * 1024, 8 * 1024 + 1})
  void writesBodiesAroundTheCopyingBound(int size) {
    for (Kind kind : Kind.values()) {
      List<Item> items = List.of(new Item(request(9, part(kind, randomBytes(size))), FOREVER, 0));
      List<ByteBuf> buffers = encoder.run(3, 4, Operation.PREDICT, items, NOW);
      assertThat(buffers).hasSize(size > 8 * 1024 ? 2 : 1);
      assertThat(Arrays.equals(taken(buffers), expected(items))).as(kind.name()).isTrue();
    }
  }

  @Test
  void countsDeadlinesInMillisecondsAndNeverSaysNoneForAPassedOne() {
    assertThat(deadline(FOREVER)).isZero();
    assertThat(deadline(NOW + 250_000_000)).isEqualTo(250);
    assertThat(deadline(NOW + 999_999)).isOne();
    assertThat(deadline(NOW)).isOne();
    assertThat(deadline(NOW - 5_000_000)).isOne();
    assertThat(deadline(FOREVER - 1)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void refusesALabelThatTheWireCannotHoldAndKeepsNothing() {
    Body body = part(Kind.NETTY, randomBytes(20_000)).body();
    InferenceRequest request =
        InferenceRequest.builder(1, ModelRef.of("m"), List.of(new InputPart("body", null, body)))
            .label("é".repeat(40_000))
            .build();
    List<Item> items = List.of(new Item(request, FOREVER, 0));

    assertThatThrownBy(() -> encoder.run(1, 1, Operation.PREDICT, items, NOW))
        .isInstanceOf(WireException.class)
        .hasMessage("text of 80000 bytes (expected: at most 65535)");
    assertThat(((NettyBody) body).buffer().refCnt()).isOne();
  }

  private int deadline(long nanos) {
    List<Item> items = List.of(new Item(request(1), nanos, 0));
    byte[] bytes = taken(encoder.run(1, 1, Operation.PREDICT, items, NOW));
    return Unpooled.wrappedBuffer(bytes).getInt(Frame.HEADER_BYTES + 8);
  }

  private static void assertVector(String name, ByteBuf out) {
    WireVectors.Vector vector =
        WireVectors.valid().filter(v -> v.name().equals(name)).findFirst().orElseThrow();
    assertThat(hex(taken(List.of(out)))).isEqualTo(hex(vector.bytes()));
  }

  /** A PREDICT frame for model 3 and run 4, written independently of the encoder. */
  private static byte[] expected(List<Item> items) {
    ByteBuf out = Unpooled.buffer();
    out.writeInt(0).writeBytes(HexFormat.of().parseHex("01200000" + "00000003" + digits(4)));
    out.writeInt(items.size());
    for (Item item : items) {
      out.writeLong(item.request().id()).writeInt(0).writeShort(0);
      out.writeShort(item.request().parts().size()).writeZero(16);
      for (InputPart part : item.request().parts()) {
        out.writeShort(4).writeShort(0).writeInt(part.body().size());
        out.writeBytes(new byte[] {'b', 'o', 'd', 'y'}).writeBytes(part.body().bytes());
      }
    }
    out.setInt(0, out.writerIndex() - 4);
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    return bytes;
  }

  private static Item item(JsonNode json, Kind kind) {
    List<InputPart> parts = new ArrayList<>();
    for (JsonNode part : json.path("parts")) {
      byte[] body = HexFormat.of().parseHex(part.path("body").asText());
      parts.add(
          new InputPart(part.path("name").asText(), text(part, "type"), kind.maker.apply(body)));
    }
    List<JsonNode> pairs = WireVectors.children(json.path("headers"));
    int flags = json.path("flags").asInt();
    String sequence = text(json, "sequence");
    InferenceRequest request =
        InferenceRequest.builder(
                Long.parseUnsignedLong(json.path("id").asText(), 16), ModelRef.of("m"), parts)
            .label(text(json, "label"))
            .headers(to -> pairs.forEach(p -> to.accept(p.get(0).asText(), p.get(1).asText())))
            .streaming((flags & 4) != 0)
            .sequence(
                sequence == null
                    ? null
                    : new Sequence(sequence, (flags & 1) != 0, (flags & 2) != 0))
            .build();
    long millis = json.path("deadline").asLong();
    long deadline = millis == 0 ? FOREVER : NOW + millis * 1_000_000;
    int credits = json.path("credits").asInt();
    int route = json.path("route").asInt();
    return new Item(request, deadline, credits, false, route, (flags & 16) != 0, (flags & 32) != 0);
  }

  private static InferenceRequest request(long id, InputPart... parts) {
    return InferenceRequest.builder(id, ModelRef.of("m"), List.of(parts)).build();
  }

  private static InputPart part(Kind kind, byte[] bytes) {
    return new InputPart("body", null, kind.maker.apply(bytes));
  }

  private static @Nullable String text(JsonNode node, String name) {
    return node.path(name).isTextual() ? node.path(name).asText() : null;
  }

  private static @Nullable Operation operation(FrameType type) {
    return switch (type) {
      case PREDICT -> Operation.PREDICT;
      case EXPLAIN -> Operation.EXPLAIN;
      case DESCRIBE -> Operation.DESCRIBE;
      default -> null;
    };
  }

  private static Operation operationOf(WireVectors.Vector vector) {
    return java.util.Objects.requireNonNull(operation(vector.type()));
  }

  /** The bytes of all buffers, which are given back. */
  private static byte[] taken(List<ByteBuf> buffers) {
    ByteBuf all = Unpooled.buffer();
    for (ByteBuf buffer : buffers) {
      all.writeBytes(buffer);
      buffer.release();
    }
    byte[] bytes = new byte[all.readableBytes()];
    all.readBytes(bytes);
    return bytes;
  }

  private static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static String digits(long number) {
    return HexFormat.of().toHexDigits(number);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
