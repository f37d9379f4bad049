package ai.mariner.worker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Bytes that no worker would send: each is decoded or refused, and nothing is kept. */
class ReplyFuzzTest {
  private static final long SEED = 20260727L;
  private static final int ROUNDS = 60_000;

  private final ReplyDecoder decoder = new ReplyDecoder(1 << 16);
  private final List<byte[]> frames =
      WireVectors.fromWorker().map(WireVectors.Vector::bytes).toList();
  private int decoded;
  private int refused;
  private int waiting;

  @Test
  void randomBytesAreDecodedOrRefused() {
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = new byte[random.nextInt(96)];
      random.nextBytes(bytes);
      if (bytes.length >= Frame.HEADER_BYTES && random.nextInt(4) != 0) {
        plausibleHeader(bytes, random);
      }
      decodeAll(bytes, "seed " + SEED + " round " + round);
    }
    assertThat(refused).isPositive();
    assertThat(decoded).isPositive();
    assertThat(waiting).isPositive();
  }

  @Test
  void mutatedFramesAreDecodedOrRefused() {
    Random random = new Random(SEED + 1);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = frames.get(random.nextInt(frames.size())).clone();
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        bytes = mutated(bytes, random);
      }
      decodeAll(bytes, "seed " + (SEED + 1) + " round " + round);
    }
    assertThat(refused).isPositive();
    assertThat(decoded).isPositive();
    assertThat(waiting).isPositive();
  }

  private void decodeAll(byte[] bytes, String origin) {
    ByteBuf in = Unpooled.copiedBuffer(bytes);
    RecordingHandler handler = new RecordingHandler();
    try {
      while (in.isReadable()) {
        int before = in.readableBytes();
        int whole = decoder.decode(in, handler);
        if (whole > 0) {
          assertThat(whole).as(origin).isGreaterThan(before);
          waiting++;
          break;
        }
        decoded++;
      }
    } catch (WireException e) {
      assertThat(e.getMessage()).as(origin).isNotBlank();
      refused++;
    }
    assertThat(in.refCnt()).as(origin).isEqualTo(1);
    in.release();
  }

  private static void plausibleHeader(byte[] bytes, Random random) {
    FrameType[] types = FrameType.values();
    ByteBuf header = Unpooled.wrappedBuffer(bytes);
    header.setInt(0, bytes.length - Frame.LENGTH_BYTES);
    header.setByte(4, Frame.VERSION);
    header.setByte(5, types[random.nextInt(types.length)].code());
    header.setInt(20, random.nextInt(3));
    if (random.nextBoolean()) {
      // Small lengths get further into an item than random ones.
      for (int i = Frame.HEADER_BYTES; i < bytes.length; i++) {
        bytes[i] = (byte) (random.nextInt(4) == 0 ? random.nextInt(8) : 0);
      }
    }
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    if (bytes.length == 0) {
      return bytes;
    }
    ByteBuf buffer = Unpooled.buffer().writeBytes(bytes);
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(5)) {
      case 0 -> buffer.setByte(at, random.nextInt(256));
      case 1 -> buffer.setByte(at, buffer.getByte(at) ^ (1 << random.nextInt(8)));
      case 2 -> buffer.writerIndex(at);
      case 3 -> buffer.writeBytes(bytes, at, bytes.length - at);
      default -> {
        int[] nasty = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0xFFFF, 0x10000};
        if (at + 4 <= bytes.length) {
          buffer.setInt(at, nasty[random.nextInt(nasty.length)]);
        }
      }
    }
    if (random.nextBoolean() && buffer.readableBytes() >= Frame.HEADER_BYTES) {
      buffer.setInt(0, buffer.readableBytes() - Frame.LENGTH_BYTES);
    }
    byte[] result = new byte[buffer.readableBytes()];
    buffer.readBytes(result);
    return result;
  }
}
