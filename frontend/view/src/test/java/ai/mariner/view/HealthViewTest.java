package ai.mariner.view;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.model.Health;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthViewTest {
  @Test
  void healthDocuments() {
    assertThat(HealthView.ping(true)).isEqualTo("{\n  \"status\": \"Healthy\"\n}\n");
    assertThat(HealthView.ping(false)).isEqualTo("{\n  \"status\": \"Unhealthy\"\n}\n");
    Health waiting = new Health(false, true, List.of("echo: 0 of 1 workers ready"));
    assertThat(HealthView.readiness(waiting, true))
        .isEqualTo(
            "{\n  \"status\": \"Not ready\",\n  \"reasons\": [\n    \"echo: 0 of 1 workers"
                + " ready\"\n  ]\n}\n");
    assertThat(HealthView.readiness(waiting, false)).doesNotContain("echo");
    assertThat(HealthView.live()).isEqualTo("{\n  \"status\": \"Live\"\n}\n");
    assertThat(HealthView.serverLive()).isEqualTo("{\n  \"live\": true\n}\n");
    assertThat(HealthView.serverReady(false)).isEqualTo("{\n  \"ready\": false\n}\n");
    assertThat(HealthView.modelReady("m", true))
        .isEqualTo("{\n  \"name\": \"m\",\n  \"ready\": true\n}\n");
  }
}
