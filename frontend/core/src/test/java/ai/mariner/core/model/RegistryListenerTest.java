package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.CoreFixture;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.worker.WorkerError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistryListenerTest {
  private final CoreFixture server = CoreFixture.standard();
  private final Notes notes = new Notes();

  RegistryListenerTest() {
    server.archives.put("echo.mar", "echo", "1.0").put("echo2.mar", "echo", "2.0");
  }

  /** Notes what it is told, and whether the model could be found at that time. */
  private static final class Notes implements RegistryListener {
    private final List<String> told = new ArrayList<>();
    private final List<String> states = new ArrayList<>();

    @Override
    public void published(Model model) {
      told.add("published " + model.key());
    }

    @Override
    public void defaultChanged(Model model) {
      told.add("default " + model.key());
    }

    @Override
    public void removed(Model model) {
      told.add("removed " + model.key());
    }

    @Override
    public void stateChanged(Model model) {
      told.add("state " + model.key());
      states.add(model.pool().readiness().ready() + "/" + model.spec().maxWorkers());
    }

    private List<String> changes() {
      return told.stream().filter(line -> !line.startsWith("state ")).toList();
    }
  }

  private void register(String location) {
    server.value(server.models.register(CoreFixture.order(location, 1)));
  }

  @Test
  void registeringDefaultsAndRemovalsAreToldInTheirOrder() {
    server.models.listen(notes);
    register("echo.mar");
    register("echo2.mar");
    server.models.setDefault(new ModelKey("echo", "2.0"));
    server.models.setDefault(new ModelKey("echo", "2.0"));
    server.value(server.models.unregister(new ModelRef("echo", "1.0")));
    server.value(server.models.unregister(ModelRef.of("echo")));

    assertThat(notes.changes())
        .containsExactly(
            "published echo 1.0",
            "default echo 1.0",
            "published echo 2.0",
            "default echo 2.0",
            "removed echo 1.0",
            "removed echo 2.0");
  }

  @Test
  void whoComesLateIsToldOfWhatThereIs() {
    register("echo.mar");
    register("echo2.mar");
    server.models.listen(notes);
    assertThat(notes.told)
        .containsExactlyInAnyOrder("published echo 1.0", "published echo 2.0", "default echo 1.0");
  }

  @Test
  void aSwapPublishesTheNewVersionBeforeItRemovesTheOld() {
    server.models.listen(notes);
    register("echo.mar");
    notes.told.clear();
    server.value(
        server.models.swap(new SwapModel("echo", CoreFixture.order("echo2.mar", 1), null, false)));

    assertThat(notes.changes())
        .containsExactly("published echo 2.0", "default echo 2.0", "removed echo 1.0");
    assertThat(notes.told.get(0)).isEqualTo("published echo 2.0");
    assertThat(notes.told.get(notes.told.size() - 1)).isEqualTo("removed echo 1.0");
  }

  @Test
  void workersThatComeAndGoAndBoundsAreStates() {
    server.models.listen(notes);
    register("echo.mar");
    assertThat(notes.states).endsWith("1/1");
    server.value(
        server.models.scale(new ScaleModel(ModelRef.of("echo"), 1, 4, Completion.ACCEPTED)));
    assertThat(notes.states).endsWith("1/4");
    server.launcher.each(FakeWorker::connect);
    server.launcher.worker(0).exit(1);
    server.loop.runReady();
    assertThat(notes.states).endsWith("0/4");
  }

  @Test
  void aModelThatCanNotBeLoadedIsRemovedAndToldNoMore() {
    server.models.listen(notes);
    server.launcher.each(
        worker -> {
          worker.connect();
          worker.failLoad(WorkerError.LOAD_FAILED, "no such layer");
        });
    server.failure(server.models.register(CoreFixture.order("echo.mar", 1)));
    assertThat(notes.changes())
        .containsExactly("published echo 1.0", "default echo 1.0", "removed echo 1.0");
    assertThat(notes.told.get(notes.told.size() - 1)).isEqualTo("removed echo 1.0");
  }

  @Test
  void aListenerThatThrowsHarmsNobody() {
    server.models.listen(
        new RegistryListener() {
          @Override
          public void published(Model model) {
            throw new IllegalStateException("a broken listener");
          }
        });
    server.models.listen(notes);
    register("echo.mar");
    assertThat(notes.changes()).containsExactly("published echo 1.0", "default echo 1.0");
    assertThat(server.models.health().ready()).isTrue();
  }

  @Test
  void theOnlyModelIsKnownWithoutAList() {
    assertThat(server.models.onlyModel()).isNull();
    register("echo.mar");
    assertThat(server.models.onlyModel()).isEqualTo("echo");
    server.archives.put("other.mar", "other", "1.0");
    register("other.mar");
    assertThat(server.models.onlyModel()).isNull();
    assertThat(server.models.modelAt("other.mar")).isEqualTo("other");
    assertThat(server.models.modelAt("none.mar")).isNull();
  }
}
