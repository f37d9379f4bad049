package ai.mariner.server;

import ai.mariner.core.config.Profile;
import ai.mariner.server.state.ServerState;
import ai.mariner.server.state.ServerState.Phase;
import ai.mariner.server.state.StateFile;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the server's state and has it written whenever it changes, if the command line names a
 * file. Thread-safe.
 */
final class StateReport {
  private final @Nullable StateFile file;
  private ServerState state;
  private boolean settled;

  private StateReport(@Nullable StateFile file, ServerState state) {
    this.file = file;
    this.state = state;
  }

  static StateReport of(@Nullable Path path, Profile profile) {
    StateFile file = path == null ? null : new StateFile(path);
    StateReport report =
        new StateReport(file, ServerState.starting(ProcessHandle.current().pid(), profile));
    if (file != null) {
      file.write(report.state);
    }
    return report;
  }

  void failed(List<String> problems) {
    change(state -> state.withProblems(problems).in(Phase.FAILED));
  }

  /** Reports the certificate that REST listeners show, now or after the files have changed. */
  void certificate(X509Certificate shown) {
    try {
      String text = Base64.getEncoder().encodeToString(shown.getEncoded());
      change(state -> state.withCertificate(text));
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  void listening(Map<String, String> listeners) {
    change(state -> state.withListeners(listeners).in(Phase.LISTENING));
    change(this::readyIfSettled);
  }

  /**
   * Reports the models.
   *
   * @param models all of them
   * @param allSettled whether each of them is ready or failed
   */
  void models(List<ServerState.Model> models, boolean allSettled) {
    change(
        state -> {
          if (state.phase() == Phase.STOPPED) {
            return state;
          }
          settled = allSettled;
          return readyIfSettled(state.withModels(models));
        });
  }

  /** The start is over when all listeners answer and every model is ready or failed. */
  private ServerState readyIfSettled(ServerState state) {
    return settled && state.phase() == Phase.LISTENING ? state.in(Phase.READY) : state;
  }

  void stopping() {
    change(state -> state.in(Phase.STOPPING));
  }

  void stopped() {
    change(state -> state.withModels(List.of()).in(Phase.STOPPED));
  }

  private synchronized void change(UnaryOperator<ServerState> step) {
    ServerState next = step.apply(state);
    if (!next.equals(state)) {
      state = next;
      if (file != null) {
        file.write(next);
      }
    }
  }
}
