package ai.mariner.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.access.AskedCall;
import ai.mariner.core.access.CallArea;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.sdk.Authorizer;
import ai.mariner.sdk.Call;
import ai.mariner.sdk.ListenerKind;
import ai.mariner.sdk.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PluginAuthorizersTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final BlockingQueue<Optional<Failure>> told = new LinkedBlockingQueue<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private final List<PluginThreads> made = new ArrayList<>();

  @AfterEach
  void end() {
    release.countDown();
    made.forEach(PluginThreads::close);
    clock.shutdownNow();
  }

  private PluginAuthorizers joined(Duration limit, Authorizer... all) throws PluginException {
    PluginThreads threads = new PluginThreads("test", 1, limit, clock);
    made.add(threads);
    List<Offer<Authorizer>> offers = new ArrayList<>();
    for (Authorizer each : all) {
      offers.add(new Offer<>("test.jar", each));
    }
    return new PluginAuthorizers(offers, threads);
  }

  private static AskedCall call(CallArea area) {
    return new AskedCall(
        area,
        false,
        "POST",
        "/predictions/{model}",
        "/predictions/echo",
        "echo",
        null,
        consumer -> {
          consumer.accept("X-User", "eve");
          consumer.accept("x-user", "adam");
        },
        null);
  }

  private @Nullable Failure outcome(PluginAuthorizers authorizers) throws InterruptedException {
    authorizers.authorize(
        call(CallArea.INFERENCE), failure -> told.add(Optional.ofNullable(failure)));
    return next();
  }

  private @Nullable Failure next() throws InterruptedException {
    Optional<Failure> outcome = told.poll(20, TimeUnit.SECONDS);
    assertThat(outcome).as("an outcome in time").isNotNull();
    return outcome == null ? null : outcome.orElse(null);
  }

  @Test
  void aCallIsShownAsItCame() throws Exception {
    BlockingQueue<Call> seen = new LinkedBlockingQueue<>();
    Authorizer looks =
        call -> {
          seen.add(call);
          return Verdict.allow();
        };
    assertThat(outcome(joined(LONG, looks))).isNull();
    Call call = seen.remove();
    assertThat(call.listener()).isEqualTo(ListenerKind.INFERENCE);
    assertThat(call.model()).contains("echo");
    assertThat(call.version()).isEmpty();
    assertThat(call.peer()).isEmpty();
    assertThat(call.header("X-USER")).contains("eve");
    assertThat(call.headers()).containsEntry("x-user", List.of("eve", "adam"));
    assertThat(call.header("x-other")).isEmpty();
  }

  @Test
  void allHaveToAllowACall() throws Exception {
    Authorizer allows = call -> Verdict.allow();
    Authorizer refuses = call -> Verdict.refuse(429, "Later.");
    assertThat(outcome(joined(LONG, allows, refuses)))
        .isEqualTo(new Failure(ErrorKind.REFUSED, "Later.", 429, null));
    assertThat(outcome(joined(LONG, allows, allows))).isNull();
  }

  @Test
  void whatThrowsOrAnswersNothingRefuses() throws Exception {
    Authorizer throwing =
        call -> {
          throw new NoClassDefFoundError("missing.Library");
        };
    Failure failure = outcome(joined(LONG, throwing));
    assertThat(failure).isNotNull();
    assertThat(failure.kind()).isEqualTo(ErrorKind.INTERNAL);
    assertThat(failure.message()).doesNotContain("missing.Library");
    assertThat(failure.detail()).contains("missing.Library");
    @SuppressWarnings("NullAway")
    Authorizer silent = call -> null;
    assertThat(outcome(joined(LONG, silent))).isNotNull();
    Authorizer nonsense = call -> Verdict.refuse(200, "Fine.");
    assertThat(outcome(joined(LONG, nonsense))).isNotNull();
  }

  @Test
  void whatTakesTooLongRefuses() throws Exception {
    Authorizer slow =
        call -> {
          release.await();
          return Verdict.allow();
        };
    Failure failure = outcome(joined(Duration.ofMillis(50), slow));
    assertThat(failure).isNotNull();
    assertThat(failure.status()).isEqualTo(503);
    assertThat(failure.message()).contains("50 ms, authorizer_timeout");
  }

  @Test
  void aFullQueueRefuses() throws Exception {
    Authorizer slow =
        call -> {
          release.await();
          return Verdict.allow();
        };
    PluginAuthorizers authorizers = joined(LONG, slow);
    for (int i = 0; i < 17; i++) {
      authorizers.authorize(
          call(CallArea.INFERENCE), failure -> told.add(Optional.ofNullable(failure)));
    }
    Failure failure = outcome(authorizers);
    assertThat(failure).isNotNull();
    assertThat(failure.kind()).isEqualTo(ErrorKind.QUEUE_FULL);
    assertThat(failure.message()).contains("authorizer_threads");
    release.countDown();
    for (int i = 0; i < 17; i++) {
      assertThat(next()).isNull();
    }
  }

  @Test
  void itIsAskedOnlyAboutWhatItNames() throws Exception {
    PluginAuthorizers authorizers =
        joined(
            LONG,
            new Authorizer() {
              @Override
              public Set<ListenerKind> listeners() {
                return Set.of(ListenerKind.MANAGEMENT);
              }

              @Override
              public Verdict authorize(Call call) {
                return Verdict.allow();
              }
            });
    assertThat(authorizers.guards(CallArea.MANAGEMENT)).isTrue();
    assertThat(authorizers.guards(CallArea.INFERENCE)).isFalse();
    assertThat(authorizers.guards(CallArea.METRICS)).isFalse();
  }

  @Test
  void oneThatGuardsNothingIsNamed() {
    Authorizer idle =
        new Authorizer() {
          @Override
          public Set<ListenerKind> listeners() {
            return Set.of();
          }

          @Override
          public Verdict authorize(Call call) {
            return Verdict.allow();
          }
        };
    assertThatThrownBy(() -> joined(LONG, idle))
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("of plugin test.jar: listeners() is empty");
  }
}
