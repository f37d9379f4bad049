package ai.mariner.server.state;

import ai.mariner.core.config.Profile;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the server is doing, for the commands that started it.
 *
 * @param pid process id
 * @param profile manners of the command
 * @param phase how far it has come
 * @param listeners real addresses by listener ({@code inference}, {@code management}, {@code
 *     metrics}, {@code grpc_inference}, {@code grpc_management})
 * @param certificate what REST listeners with TLS show, DER in Base64; absent: none has TLS
 * @param models start-up models, in their order
 * @param problems why it could not start, or stopped
 */
public record ServerState(
    long pid,
    Profile profile,
    Phase phase,
    Map<String, String> listeners,
    @Nullable String certificate,
    List<Model> models,
    List<String> problems) {

  /** Keeps copies. */
  public ServerState {
    listeners = Collections.unmodifiableMap(new LinkedHashMap<>(listeners));
    models = List.copyOf(models);
    problems = List.copyOf(problems);
  }

  /** A server that has just been started. */
  public static ServerState starting(long pid, Profile profile) {
    return new ServerState(pid, profile, Phase.STARTING, Map.of(), null, List.of(), List.of());
  }

  /** The same in another phase. */
  public ServerState in(Phase newPhase) {
    return new ServerState(pid, profile, newPhase, listeners, certificate, models, problems);
  }

  /** The same with other listeners. */
  public ServerState withListeners(Map<String, String> newListeners) {
    return new ServerState(pid, profile, phase, newListeners, certificate, models, problems);
  }

  /** The same with another certificate. */
  public ServerState withCertificate(String newCertificate) {
    return new ServerState(pid, profile, phase, listeners, newCertificate, models, problems);
  }

  /** The same with other models. */
  public ServerState withModels(List<Model> newModels) {
    return new ServerState(pid, profile, phase, listeners, certificate, newModels, problems);
  }

  /** The same with other problems. */
  public ServerState withProblems(List<String> newProblems) {
    return new ServerState(pid, profile, phase, listeners, certificate, models, newProblems);
  }

  /** How far the server has come. */
  public enum Phase {
    /** Nothing answers yet. */
    STARTING,
    /** All listeners answer; models may still be loading. */
    LISTENING,
    /** Every start-up model is ready or failed. */
    READY,
    /** It could not start. */
    FAILED,
    /** It finishes accepted work. */
    STOPPING,
    /** It has ended. */
    STOPPED
  }

  /**
   * A start-up model.
   *
   * @param name registered name, or the location while it is not known
   * @param version absent until the manifest is read
   * @param location as it was given
   * @param progress how far it has come
   * @param workers workers that take requests
   * @param wanted workers that it should have
   * @param reason why it failed
   */
  public record Model(
      String name,
      @Nullable String version,
      String location,
      Progress progress,
      int workers,
      int wanted,
      @Nullable String reason) {
    /** How far a model has come. */
    public enum Progress {
      /** Its archive is being fetched or unpacked. */
      FETCHING,
      /** Its workers load it. */
      LOADING,
      /** It takes requests. */
      READY,
      /** It could not be loaded. */
      FAILED
    }
  }
}
