package ai.mariner.worker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.testing.Fuzz;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged frames of workers: each is decoded or refused with a reason, and no buffer is kept. */
@Tag("fuzz")
class ReplyParserFuzzTest {
  @Test
  void frames() {
    List<byte[]> frames = WireVectors.fromWorker().map(WireVectors.Vector::bytes).toList();
    List<String> words = List.of("\0\0\0\0", "\377\377\377\377", "\177\377\377\377", "\0\0\0\1");
    ReplyDecoder decoder = new ReplyDecoder(1 << 16);
    new Fuzz("worker", "reply", frames, words).run(4000, bytes -> decode(decoder, bytes));
  }

  private static void decode(ReplyDecoder decoder, byte[] bytes) {
    ByteBuf in = Unpooled.copiedBuffer(bytes);
    RecordingHandler handler = new RecordingHandler();
    try {
      int whole = 0;
      while (in.isReadable() && whole == 0) {
        int before = in.readableBytes();
        whole = decoder.decode(in, handler);
        assertThat(whole > 0 || in.readableBytes() < before).as("moves on").isTrue();
      }
    } catch (WireException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
    assertThat(in.refCnt()).isEqualTo(1);
    in.release();
  }
}
