package ai.mariner.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.queue.BatchRule;
import ai.mariner.core.testing.Configs;
import ai.mariner.sdk.BatchChoice;
import ai.mariner.sdk.BatchingPolicy;
import ai.mariner.sdk.QueueView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class PluginBatchRuleTest {
  private static final ModelKey KEY = new ModelKey("m", "1.0");
  private static final ModelSpec SPEC =
      Configs.spec(
          ModelOverrides.builder()
              .batchSize(8)
              .maxBatchDelay(Duration.ofMillis(20))
              .set(ProgramOptions.BATCH_PLUGIN, "p"));

  private final List<QueueView> asked = new ArrayList<>();
  private long now;
  private long nanosOfAnswer;

  private record Policy(String name, Function<QueueView, BatchChoice> function)
      implements BatchingPolicy {
    @Override
    public BatchChoice choose(QueueView queue) {
      return function.apply(queue);
    }
  }

  private static PluginBatchRules rules(BatchingPolicy... policies) throws PluginException {
    List<Offer<BatchingPolicy>> offers = new ArrayList<>();
    for (BatchingPolicy policy : policies) {
      offers.add(new Offer<>("test.jar", policy));
    }
    return new PluginBatchRules(offers, () -> 0);
  }

  private BatchRule rule(Function<QueueView, BatchChoice> function) {
    return new PluginBatchRule(
        new Offer<>(
            "test.jar",
            new Policy(
                "p",
                queue -> {
                  asked.add(queue);
                  now += nanosOfAnswer;
                  return function.apply(queue);
                })),
        KEY,
        SPEC,
        () -> now);
  }

  @Test
  void aPolicyIsToldOfTheQueueAndItsAnswerHolds() {
    BatchRule takes = rule(queue -> BatchChoice.take(queue.waiting()));
    assertThat(takes.wish(3, 5, 7, 2)).isEqualTo(new BatchRule.Take(3));
    assertThat(asked).containsExactly(new QueueView(3, 5, 7, 8, 20_000_000, 2));
    BatchRule waits = rule(queue -> BatchChoice.waitFor(9));
    assertThat(waits.wish(3, 5, 7, 2)).isEqualTo(new BatchRule.Wait(9));
  }

  private void isReplaced(Function<QueueView, BatchChoice> function) {
    asked.clear();
    BatchRule rule = rule(function);
    assertThat(rule.wish(3, 5, 7, 2)).isNull();
    assertThat(rule.wish(3, 5, 7, 2)).isNull();
    assertThat(asked).hasSize(1);
  }

  @Test
  void onThatThrowsOrAnswersNonsenseIsReplacedForGood() {
    isReplaced(
        queue -> {
          throw new StackOverflowError();
        });
    isReplaced(
        queue -> {
          throw new IllegalStateException("no");
        });
    isReplaced(queue -> BatchChoice.take(0));
    isReplaced(queue -> BatchChoice.take(-1));
    isReplaced(queue -> BatchChoice.take(9));
    isReplaced(queue -> BatchChoice.waitFor(0));
    isReplaced(queue -> BatchChoice.waitFor(-1));
    isReplaced(queue -> BatchChoice.waitFor(Long.MAX_VALUE));
  }

  @Test
  @SuppressWarnings("NullAway")
  void oneThatAnswersNothingIsReplaced() {
    isReplaced(queue -> null);
  }

  @Test
  void oneThatLetsRequestsWaitForEverIsReplaced() {
    BatchRule rule = rule(queue -> BatchChoice.waitFor(1000));
    long minute = Duration.ofMinutes(1).toNanos();
    assertThat(rule.wish(1, 1, minute, 1)).isNotNull();
    assertThat(rule.wish(1, 1, minute + 1, 1)).isNull();
  }

  @Test
  void oneThatIsSlowAgainAndAgainIsReplaced() {
    BatchRule rule = rule(queue -> BatchChoice.take(1));
    nanosOfAnswer = 2_000_000;
    for (int i = 0; i < 4; i++) {
      assertThat(rule.wish(1, 1, 0, 1)).isNotNull();
    }
    assertThat(rule.wish(1, 1, 0, 1)).isNull();
  }

  @Test
  void onePauseNowAndThenIsForgiven() {
    BatchRule rule = rule(queue -> BatchChoice.take(1));
    for (int i = 0; i < 2000; i++) {
      nanosOfAnswer = i % 150 == 0 ? 2_000_000 : 1000;
      assertThat(rule.wish(1, 1, 0, 1)).isNotNull();
    }
  }

  @Test
  void oneThatGetsStuckIsReplacedAtOnce() {
    nanosOfAnswer = Duration.ofSeconds(1).toNanos();
    isReplaced(queue -> BatchChoice.take(1));
  }

  @Test
  void modelsNameThePolicyAndUnknownNamesAreRefusedWithThoseThatThereAre() throws Exception {
    BatchingPolicy one = new Policy("one", queue -> BatchChoice.take(1));
    BatchingPolicy two = new Policy("two", queue -> BatchChoice.take(1));
    assertThatThrownBy(() -> rules(two, one).of(KEY, SPEC))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("batchPlugin: p (expected: one of the plugins' policies, one, two)");
    assertThatThrownBy(() -> rules(one, one))
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("has it too");
    assertThatThrownBy(() -> rules(new Policy("no word", queue -> BatchChoice.take(1))))
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("name(): no word");
    assertThat(rules(new Policy("p", queue -> BatchChoice.take(1))).of(KEY, SPEC)).isNotNull();
  }
}
