package ai.mariner.server;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.server.access.GivenTokens;
import ai.mariner.server.access.TokenAuthority;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Whom the configuration lets in: everybody, the bearers of tokens that the server makes and writes
 * to its key file, or those of tokens that the operator gives.
 *
 * @param policy decides on calls
 * @param end removes what it has written
 */
record TokenAccess(AccessPolicy policy, Runnable end) implements AutoCloseable {
  /** How often the file of given tokens is looked at. */
  private static final int LOOK_SECONDS = 2;

  /**
   * Makes the tokens of a server, or reads those that it is given.
   *
   * @param watch looks at the file of given tokens
   * @throws IOException naming the file that could not be read or made
   */
  static TokenAccess of(ServerConfig config, SecureRandom random, ScheduledExecutorService watch)
      throws IOException {
    if (!config.tokenAuthorization()) {
      return new TokenAccess(AccessPolicy.OPEN, () -> {});
    }
    if (config.tokens().isGiven()) {
      return new TokenAccess(given(config, watch), () -> {});
    }
    TokenAuthority made = made(config, random);
    return new TokenAccess(made, made::close);
  }

  private static GivenTokens given(ServerConfig config, ScheduledExecutorService watch)
      throws IOException {
    GivenTokens given = new GivenTokens(config.tokens(), System::nanoTime);
    var unused =
        watch.scheduleWithFixedDelay(given::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    return given;
  }

  private static TokenAuthority made(ServerConfig config, SecureRandom random) throws IOException {
    Duration life = Duration.ofMillis((long) (config.tokens().expirationMinutes() * 60_000));
    Path keyFile = Path.of("key_file.json").toAbsolutePath();
    TokenAuthority.Clocks clocks =
        new TokenAuthority.Clocks(InstantSource.system(), System::nanoTime);
    try {
      return TokenAuthority.create(
          keyFile, new TokenAuthority.Life(life, config.tokens().rotationGrace()), clocks, random);
    } catch (IOException e) {
      throw new UnwritableException(
          "key file",
          keyFile,
          "the server is started in a folder that can be written, or with --disable-token-auth",
          e);
    }
  }

  @Override
  public void close() {
    end.run();
  }
}
