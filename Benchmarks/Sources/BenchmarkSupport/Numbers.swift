extension [Double] {
    /// The value in the middle, or the mean of the two there.
    package var median: Double {
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}

extension Double {
    /// The number with `digits` digits after the point.
    package func formatted(digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((magnitude * Double(scale)).rounded())
        let fraction = String(scaled % scale + scale).dropFirst()
        return (self < 0 ? "-" : "") + String(scaled / scale) + (digits > 0 ? "." + fraction : "")
    }
}
