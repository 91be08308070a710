using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

public sealed class ReadQuestionsTests
{
    private const int RepeatTicks = 3;
    private const int PatienceTicks = 10;

    private readonly Outcomes _outcomes = new();
    private readonly ReadQuestions _reads = new(new QuestionNumbers(incarnation: 1), RepeatTicks, PatienceTicks);

    [Fact]
    public void One_question_is_on_its_way_and_later_reads_gather_behind_it()
    {
        _reads.Add(new(1));
        _reads.Add(new(2));
        _reads.TryAsk().ShouldBeTrue();
        var first = _reads.Question;
        _reads.Add(new(3));
        _reads.TryAsk().ShouldBeFalse();

        _reads.TryAnswer(first, new(7)).ShouldBeTrue();
        _reads.Release(new(7), _outcomes);
        _outcomes.Told.ShouldBe(["r1 ReadNow", "r2 ReadNow"]);
        _reads.TryAsk().ShouldBeTrue();
        _reads.Question.ShouldNotBe(first);
    }

    [Fact]
    public void A_read_waits_until_the_state_has_come_to_the_answers_index()
    {
        _reads.Add(new(1));
        _reads.TryAsk();
        _reads.TryAnswer(_reads.Question, new(7));
        _reads.Release(new(6), _outcomes);
        _outcomes.Told.ShouldBeEmpty();
        _reads.IsEmpty.ShouldBeFalse();
        _reads.Release(new(8), _outcomes);
        _outcomes.Told.ShouldBe(["r1 ReadNow"]);
        _reads.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void The_answer_to_an_earlier_question_or_to_one_of_another_life_is_none_to_this()
    {
        _reads.Add(new(1));
        _reads.TryAsk();
        var first = _reads.Question;
        _reads.TryAnswer(first, new(1));
        _reads.Add(new(2));
        _reads.TryAsk();
        _reads.TryAnswer(first, new(1)).ShouldBeFalse();

        var next = new ReadQuestions(new QuestionNumbers(incarnation: 2), RepeatTicks);
        next.Add(new(3));
        next.TryAsk();
        next.TryAnswer(_reads.Question, new(1)).ShouldBeFalse();
    }

    [Fact]
    public void A_question_without_an_answer_is_put_again()
    {
        _reads.Add(new(1));
        _reads.TryAsk();
        var question = _reads.Question;
        for (var tick = 1; tick <= RepeatTicks; tick++)
        {
            _reads.OnTick(_outcomes);
            _reads.TryAsk().ShouldBe(tick == RepeatTicks);
        }

        _reads.Question.ShouldBe(question);
        _reads.AskAgain();
        _reads.TryAsk().ShouldBeTrue("another replica can be asked");
    }

    [Fact]
    public void Reads_are_given_up_when_patience_ends_wherever_they_wait()
    {
        _reads.Add(new(1));
        _reads.TryAsk();
        _reads.TryAnswer(_reads.Question, new(7));
        _reads.Add(new(2));
        _reads.TryAsk();
        _reads.Add(new(3));
        for (var tick = 0; tick < PatienceTicks; tick++) _reads.OnTick(_outcomes);
        _outcomes.Told.ShouldBeEmpty();
        _reads.OnTick(_outcomes);
        _outcomes.Told.ShouldBe(["r2 Unavailable", "r3 Unavailable", "r1 Unavailable"]);
    }

    [Fact]
    public void A_replica_that_knows_what_is_committed_needs_no_question()
    {
        _reads.Add(new(1));
        _reads.TryAsk();
        _reads.Add(new(2));
        _reads.AnswerAll(new(4));
        _reads.Release(new(3), _outcomes);
        _outcomes.Told.ShouldBeEmpty();
        _reads.Release(new(4), _outcomes);
        _outcomes.Told.ShouldBe(["r1 ReadNow", "r2 ReadNow"]);
    }

    [Fact]
    public void All_reads_end_at_once()
    {
        _reads.Add(new(1));
        _reads.TryAsk();
        _reads.TryAnswer(_reads.Question, new(7));
        _reads.Add(new(2));
        _reads.TryAsk();
        _reads.Add(new(3));
        _reads.End(Outcome.NotLeader(default), _outcomes);
        _outcomes.Told.ShouldBe(["r2 NotLeader", "r3 NotLeader", "r1 NotLeader"]);
        _reads.IsEmpty.ShouldBeTrue();
    }
}
