package ai.mariner.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TransportTest {
  @Test
  void epollIsTakenWhereThereIsOne() {
    assertThat(Transport.detect()).isEqualTo(Epoll.isAvailable() ? Transport.EPOLL : Transport.NIO);
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void aLoopRunsTasksInOrderNeverInsideExecuteAndOnItsOwnThread(Transport transport)
      throws Exception {
    withLoop(
        transport,
        loop -> {
          List<String> seen = new ArrayList<>();
          CompletableFuture<List<String>> done = new CompletableFuture<>();
          loop.execute(
              () -> {
                loop.execute(() -> seen.add("second"));
                loop.execute(() -> done.complete(List.copyOf(seen)));
                seen.add(loop.inLoop() ? "first" : "elsewhere");
              });
          assertThat(done.get(10, TimeUnit.SECONDS)).containsExactly("first", "second");
          assertThat(loop.inLoop()).isFalse();
        });
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void aTimerRunsNotBeforeItsTimeAndNotAtAllOnceCancelled(Transport transport) throws Exception {
    withLoop(
        transport,
        loop -> {
          CompletableFuture<Long> fired = new CompletableFuture<>();
          List<String> cancelled = new ArrayList<>();
          long begun = loop.nanoTime();
          loop.execute(
              () -> {
                loop.schedule(() -> cancelled.add("ran"), 0).cancel();
                loop.schedule(
                    () -> fired.complete(loop.nanoTime()), Duration.ofMillis(20).toNanos());
              });
          assertThat(fired.get(10, TimeUnit.SECONDS) - begun)
              .isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
          assertThat(cancelled).isEmpty();
        });
  }

  @Test
  void aBodyShowsTheReadableBytesAndGivesItsBufferBack() {
    ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(64);
    buffer.writeCharSequence("xxbody", StandardCharsets.US_ASCII);
    buffer.skipBytes(2);
    NettyBody body = NettyBody.owning(buffer);
    assertThat(body.size()).isEqualTo(4);
    assertThat(StandardCharsets.US_ASCII.decode(body.bytes()).toString()).isEqualTo("body");
    body.release();
    assertThat(buffer.refCnt()).isZero();
  }

  private interface Check {
    void with(NettyLoop loop) throws Exception;
  }

  private static void withLoop(Transport transport, Check check) throws Exception {
    EventLoopGroup group = transport.newGroup(1, "test");
    try {
      check.with(new NettyLoop(group.next()));
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }
}
