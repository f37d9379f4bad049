package ai.mariner.worker.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NettyLinkTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final NettyLink link = new NettyLink(channel, null);

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  /** How many frames have left since the last call. */
  private int left() {
    int frames = 0;
    for (ByteBuf frame = channel.readOutbound(); frame != null; frame = channel.readOutbound()) {
      frame.release();
      frames++;
    }
    return frames;
  }

  @Test
  void aFrameLeavesAtTheEndOfTheTurn() {
    link.heartbeat(1);
    assertThat(left()).isZero();
    channel.runPendingTasks();
    assertThat(left()).isEqualTo(1);
  }

  @Test
  void aFlushSendsWhatWasHandedOverAtOnce() {
    link.heartbeat(1);
    link.flush();
    assertThat(left()).isEqualTo(1);
  }

  @Test
  void whatComesAfterAFlushLeavesAtTheEndOfTheTurnToo() {
    link.heartbeat(1);
    link.flush();
    assertThat(left()).isEqualTo(1);
    link.heartbeat(2);
    assertThat(left()).isZero();
    channel.runPendingTasks();
    assertThat(left()).isEqualTo(1);
  }
}
