/**
 * Fixtures that the tests of all modules share: a loop in virtual time, worker processes that do
 * what a test says, clients that check what they are told, and configurations with good defaults.
 *
 * <p>Starting points: {@link ai.mariner.core.testing.CoreFixture}, {@link
 * ai.mariner.core.testing.FakeLoop}, {@link ai.mariner.core.testing.FakeLauncher}, {@link
 * ai.mariner.core.testing.RecordingSink}, {@link ai.mariner.core.testing.Configs}.
 */
@NullMarked
package ai.mariner.core.testing;

import org.jspecify.annotations.NullMarked;
