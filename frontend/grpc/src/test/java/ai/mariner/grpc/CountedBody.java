package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Body;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A body outside the heap that counts its releases and is overwritten by the first one. */
final class CountedBody implements Body {
  private final ByteBuffer content;
  private final AtomicInteger releases = new AtomicInteger();
  private final CountDownLatch released = new CountDownLatch(1);

  CountedBody(byte[] bytes) {
    content = ByteBuffer.allocateDirect(bytes.length);
    content.put(bytes).flip();
  }

  static CountedBody of(String text) {
    return new CountedBody(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int size() {
    return content.remaining();
  }

  @Override
  public ByteBuffer bytes() {
    return content.asReadOnlyBuffer();
  }

  @Override
  public void release() {
    if (releases.incrementAndGet() == 1) {
      for (int i = 0; i < content.capacity(); i++) {
        content.put(i, (byte) '!');
      }
      released.countDown();
    }
  }

  @Override
  public Body share() {
    throw new UnsupportedOperationException("a body of this test has one owner");
  }

  /** Waits for the release and checks that there was only one. */
  void assertReleasedOnce() throws InterruptedException {
    assertThat(released.await(10, TimeUnit.SECONDS)).as("released").isTrue();
    assertThat(releases).hasValue(1);
  }
}
