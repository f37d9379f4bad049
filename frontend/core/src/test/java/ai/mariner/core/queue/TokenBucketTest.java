package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.RateLimit;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.Operation;
import ai.mariner.core.testing.RecordingSink;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private static int taken(TokenBucket bucket, int attempts, long now) {
    int count = 0;
    for (int i = 0; i < attempts; i++) {
      count += bucket.take(now) ? 1 : 0;
    }
    return count;
  }

  @Test
  void aFullBucketLetsItsBurstPassAndThenTheRate() {
    TokenBucket bucket = new TokenBucket(new RateLimit(10, 3), 0);
    assertThat(taken(bucket, 5, 0)).isEqualTo(3);
    assertThat(taken(bucket, 5, SECOND / 10 - 1)).isZero();
    assertThat(taken(bucket, 5, SECOND / 10)).isEqualTo(1);
    assertThat(taken(bucket, 5, SECOND / 2)).isEqualTo(3);
  }

  @Test
  void aPauseHoweverLongSavesUpOneBurst() {
    TokenBucket bucket = new TokenBucket(new RateLimit(1, 2), Long.MAX_VALUE - 10);
    assertThat(taken(bucket, 9, Long.MAX_VALUE - 10)).isEqualTo(2);
    long muchLater = Long.MAX_VALUE - 10 + Duration.ofDays(1000).toNanos();
    assertThat(taken(bucket, 9, muchLater)).isEqualTo(2);
  }

  @Test
  void theLargestLimitsNeverOverflow() {
    TokenBucket slow = new TokenBucket(new RateLimit(1, Integer.MAX_VALUE), 0);
    assertThat(taken(slow, 1000, 0)).isEqualTo(1000);
    TokenBucket fast = new TokenBucket(new RateLimit(Integer.MAX_VALUE, 5), 0);
    assertThat(taken(fast, 1000, 0)).isEqualTo(5);
  }

  @Test
  void inTheLongRunNoMoreThanTheRatePasses() {
    Random random = new Random(7);
    TokenBucket bucket = new TokenBucket(new RateLimit(50, 10), 0);
    long now = 0;
    int passed = 0;
    while (now < 100 * SECOND) {
      passed += taken(bucket, random.nextInt(4), now);
      now += random.nextInt(20_000_000);
    }
    assertThat(passed).isBetween(4900, 5010);
  }

  @Test
  void aModelRefusesWhatIsOverItsRateAndRecovers() {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().rateLimit(new RateLimit(2, 1)));
    RecordingSink first = fixture.submit("a");
    RecordingSink second = fixture.submit("b");
    fixture.worker(0).answer();
    assertThat(first.answer()).isEqualTo("echo:a");
    assertThat(second.failure().kind()).isEqualTo(ErrorKind.RATE_LIMITED);
    assertThat(second.failure().message())
        .isEqualTo(
            "Model echo 1.0 takes 2 requests a second (rateLimit; rateLimitBurst: 1)."
                + " Try again in a second.");
    assertThat(fixture.meters.failures()).containsEntry(ErrorKind.RATE_LIMITED, 1);
    fixture.advance(Duration.ofMillis(500));
    RecordingSink third = fixture.submit("c");
    fixture.worker(0).answer();
    assertThat(third.answer()).isEqualTo("echo:c");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void describingAModelCostsNothing() {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().rateLimit(new RateLimit(1, 1)));
    fixture.submit("a");
    fixture.worker(0).answer();
    RecordingSink described = fixture.submit("b", r -> r.operation(Operation.DESCRIBE));
    fixture.worker(0).answer();
    assertThat(described.answer()).isEqualTo("echo:b");
  }
}
