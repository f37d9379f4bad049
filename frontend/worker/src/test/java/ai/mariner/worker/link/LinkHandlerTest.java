package ai.mariner.worker.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Body;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The reading of one connection, cut wherever the kernel may cut it. */
class LinkHandlerTest {
  private static final Map<String, String> HELLO =
      Map.of("protocol", "1", "worker", "9000", "generation", "1", "nonce", "ab", "pid", "7");

  private final ExpectedWorkers expected = new ExpectedWorkers();
  private final RecordedEvents events = new RecordedEvents(null, link -> {});
  private final ExpectedWorkers.Expected worker = new ExpectedWorkers.Expected("1", "ab", events);
  private final LinkHandler handler = new LinkHandler(expected, 64 << 20);
  private final EmbeddedChannel channel = new EmbeddedChannel(handler);

  LinkHandlerTest() {
    expected.add(9000, worker);
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private static byte[] frame(int type, long run, int count, byte[] payload) {
    ByteBuf out = Unpooled.buffer();
    out.writeInt(20 + payload.length).writeByte(1).writeByte(type).writeShort(0);
    out.writeInt(1).writeLong(run).writeInt(count).writeBytes(payload);
    return bytes(out);
  }

  private static byte[] fields(Map<String, String> fields) {
    ByteBuf out = Unpooled.buffer();
    fields.forEach(
        (name, value) -> {
          out.writeShort(name.length()).writeInt(value.length());
          out.writeCharSequence(name + value, StandardCharsets.UTF_8);
        });
    return bytes(out);
  }

  private static byte[] hello() {
    return frame(0x01, 0, 0, fields(HELLO));
  }

  private static byte[] result(long run, byte[] body) {
    ByteBuf out = Unpooled.buffer().writeLong(1).writeZero(12).writeInt(body.length);
    return frame(0x23, run, 1, bytes(out.writeBytes(body)));
  }

  private static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    return bytes;
  }

  private static byte[] joined(byte[]... pieces) {
    return bytes(Unpooled.wrappedBuffer(pieces));
  }

  private void receive(byte[] bytes, int from, int to) {
    ByteBuf read = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(256, to - from));
    channel.writeInbound(read.writeBytes(bytes, from, to - from));
  }

  private void receive(byte[] bytes) {
    receive(bytes, 0, bytes.length);
  }

  @Test
  void givesTheSameResultForEverySplit() {
    byte[] stream =
        joined(
            hello(),
            frame(0x11, 0, 0, fields(Map.of("status", "ok", "mode", "concurrent", "slots", "4"))),
            result(5, "answer".getBytes(StandardCharsets.UTF_8)),
            frame(0x30, 12, 0, new byte[0]),
            result(6, new byte[0]));
    for (int split = 0; split <= stream.length; split++) {
      ExpectedWorkers known = new ExpectedWorkers();
      RecordedEvents told = new RecordedEvents(null, link -> {});
      known.add(9000, new ExpectedWorkers.Expected("1", "ab", told));
      EmbeddedChannel one = new EmbeddedChannel(new LinkHandler(known, 1 << 20));

      one.writeInbound(Unpooled.copiedBuffer(stream, 0, split));
      one.writeInbound(Unpooled.copiedBuffer(stream, split, stream.length - split));
      one.finishAndReleaseAll();

      assertThat(told.soFar())
          .as("split at %d", split)
          .containsExactly(
              "connected",
              "loaded concurrent 4",
              "replied 5 1=answer ended",
              "heartbeat 12",
              "replied 6 1= ended",
              "disconnected: the connection ended");
    }
  }

  @Test
  void tellsWhatTheModelSaysOfItself() {
    Map<String, String> fields =
        Map.of("status", "ok", "streams", "true", "dialect", "oip", "declares", "{}");

    receive(joined(hello(), frame(0x11, 0, 0, fields(fields))));

    assertThat(events.soFar()).containsExactly("connected", "loaded serial 1 true oip {}");
  }

  @Test
  void takesAModeThatItDoesNotKnowForAFailedLoad() {
    receive(joined(hello(), frame(0x11, 0, 0, fields(Map.of("status", "ok", "mode", "wild")))));

    assertThat(events.soFar())
        .containsExactly(
            "connected",
            "loaded LOAD_FAILED mode: wild (expected: serial, concurrent or continuous)");
  }

  @Test
  void takesAStreamByteByByte() {
    byte[] stream = joined(hello(), result(5, "a".repeat(3000).getBytes(StandardCharsets.UTF_8)));
    for (int i = 0; i < stream.length; i++) {
      receive(stream, i, i + 1);
    }
    assertThat(events.soFar()).containsExactly("connected", "replied 5 1=3000 bytes ended");
  }

  /** Keeps the bodies, as a slow client does. */
  private static final class Keeper implements WorkerEvents {
    final List<Body> bodies = new ArrayList<>();

    @Override
    public void connected(WorkerLink link, long pid) {}

    @Override
    public void loaded(LoadOutcome outcome) {}

    @Override
    public void replied(long runId, List<ItemReply> items, boolean ended, boolean spent) {
      items.forEach(item -> bodies.add(item.reply().body()));
    }

    @Override
    public void heartbeat(long number) {}

    @Override
    public void disconnected(String reason) {}

    @Override
    public void exited(ProcessExit exit) {}
  }

  @ParameterizedTest
  @ValueSource(ints = {700, 20_000, 3_000_000, 40_000_000})
  void leavesBodiesAloneThatAreStillHeldWhileALargerFrameArrives(int size) {
    Keeper keeper = new Keeper();
    ExpectedWorkers known = new ExpectedWorkers();
    known.add(9000, new ExpectedWorkers.Expected("1", "ab", keeper));
    EmbeddedChannel one = new EmbeddedChannel(new LinkHandler(known, 64 << 20));
    byte[] small = new byte[500];
    byte[] large = new byte[size];
    new Random(1).nextBytes(small);
    new Random(2).nextBytes(large);
    byte[] stream = joined(hello(), result(1, small), result(2, large), result(3, small));

    int chunk = Math.max(1000, size / 40);
    for (int from = 0; from < stream.length; from += chunk) {
      int length = Math.min(chunk, stream.length - from);
      ByteBuf read = PooledByteBufAllocator.DEFAULT.directBuffer(chunk);
      one.writeInbound(read.writeBytes(stream, from, length));
    }

    assertThat(keeper.bodies).hasSize(3);
    assertThat(keeper.bodies.get(0).bytes()).isEqualTo(java.nio.ByteBuffer.wrap(small));
    assertThat(keeper.bodies.get(1).bytes().equals(java.nio.ByteBuffer.wrap(large))).isTrue();
    assertThat(keeper.bodies.get(2).bytes()).isEqualTo(java.nio.ByteBuffer.wrap(small));
    keeper.bodies.forEach(Body::release);
    one.finishAndReleaseAll();
  }

  @ParameterizedTest
  @CsvSource({"60000, 1", "200000, 2", "1000, 3"})
  void putsALargeAnswerTogetherOfPartsOfAnySize(int largestPart, int seed) {
    Keeper keeper = new Keeper();
    ExpectedWorkers known = new ExpectedWorkers();
    known.add(9000, new ExpectedWorkers.Expected("1", "ab", keeper));
    EmbeddedChannel one = new EmbeddedChannel(new LinkHandler(known, 64 << 20));
    Random random = new Random(seed);
    byte[] large = new byte[2_000_000];
    random.nextBytes(large);
    byte[] stream = joined(hello(), result(1, large), result(2, large), result(3, new byte[9]));

    for (int from = 0; from < stream.length; ) {
      int length = Math.min(1 + random.nextInt(largestPart), stream.length - from);
      ByteBuf read = PooledByteBufAllocator.DEFAULT.directBuffer(length);
      one.writeInbound(read.writeBytes(stream, from, length));
      from += length;
    }

    assertThat(keeper.bodies).hasSize(3);
    for (Body body : keeper.bodies.subList(0, 2)) {
      assertThat(body.bytes().equals(java.nio.ByteBuffer.wrap(large))).isTrue();
    }
    keeper.bodies.forEach(Body::release);
    one.finishAndReleaseAll();
  }

  @Test
  void leavesTheLargePartsOfAnAnswerWhereTheyArrived() {
    Keeper keeper = new Keeper();
    ExpectedWorkers known = new ExpectedWorkers();
    known.add(9000, new ExpectedWorkers.Expected("1", "ab", keeper));
    EmbeddedChannel one = new EmbeddedChannel(new LinkHandler(known, 64 << 20));
    byte[] stream = joined(hello(), result(1, new byte[1_000_000]));
    List<ByteBuf> parts = new ArrayList<>();
    for (int from = 0; from < stream.length; from += 65_536) {
      int length = Math.min(65_536, stream.length - from);
      ByteBuf read = PooledByteBufAllocator.DEFAULT.directBuffer(length);
      parts.add(read);
      one.writeInbound(read.writeBytes(stream, from, length));
    }

    assertThat(parts).allMatch(part -> part.refCnt() == 1);
    keeper.bodies.forEach(Body::release);
    assertThat(parts).allMatch(part -> part.refCnt() == 0);
    one.finishAndReleaseAll();
  }

  @Test
  void endsAConnectionThatSaysNothing() {
    handler.closeIfUnknown();
    assertThat(channel.isActive()).isFalse();
    assertThat(events.soFar()).isEmpty();
  }

  @Test
  void leavesAKnownConnectionOpen() {
    receive(hello());
    handler.closeIfUnknown();
    assertThat(channel.isActive()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0x01, 70000, 0", "0x23, 0x7ffffff0, 0x10000"})
  void makesNoRoomOnAStrangersWord(String type, String length, String count) {
    byte[] header = frame(Integer.decode(type), 1, Integer.decode(count), new byte[0]);
    Unpooled.wrappedBuffer(header).setInt(0, Integer.decode(length));

    receive(header);

    assertThat(channel.isActive()).isFalse();
    assertThat(events.soFar()).isEmpty();
  }

  @Test
  void refusesAnswersBeforeHello() {
    receive(result(1, new byte[400]));
    assertThat(channel.isActive()).isFalse();
    assertThat(events.soFar()).isEmpty();
  }

  @Test
  void saysWhyALoadFailed() {
    receive(hello());
    receive(
        frame(
            0x11,
            0,
            0,
            fields(Map.of("status", "failed", "error", "OUT_OF_MEMORY", "message", "no memory"))));
    receive(frame(0x11, 0, 0, fields(Map.of("message", "?"))));
    assertThat(events.soFar())
        .containsExactly("connected", "loaded OUT_OF_MEMORY no memory", "loaded LOAD_FAILED ?");
  }

  @Test
  void refusesSlotsThatAreNoNumber() {
    receive(joined(hello(), frame(0x11, 0, 0, fields(Map.of("status", "ok", "slots", "many")))));
    assertThat(channel.isActive()).isFalse();
    assertThat(events.soFar())
        .containsExactly(
            "connected", "disconnected: protocol error: slots: many (expected: a number)");
  }

  @Test
  void tellsTheExitOnlyAfterTheEndOfTheLink() {
    receive(hello());
    worker.exited(ProcessExit.ofStatus(0));
    assertThat(events.soFar()).containsExactly("connected");

    receive(result(9, new byte[0]));
    channel.close();

    assertThat(events.soFar())
        .containsExactly(
            "replied 9 1= ended", "disconnected: the connection ended", "exited with code 0");
  }

  @Test
  void tellsTheExitAtOnceWithoutALink() {
    worker.exited(ProcessExit.ofStatus(139));
    assertThat(events.soFar()).containsExactly("was ended by signal 11 (SIGSEGV)");
  }
}
